package dev.outrider.router.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every ledger keeps, wherever it keeps it. */
abstract class LedgerContract {

    @TempDir
    Path folder;

    /** An empty ledger the first time, the same one when it is opened again. */
    abstract Ledger open();

    /** What a ledger holds that may be open or closed. */
    abstract List<LedgerEntry> entries(Ledger ledger);

    abstract void close(Ledger ledger);

    static void write(Ledger ledger, LedgerEntry entry) {
        switch (entry) {
            case DecisionRecord record -> ledger.append(record);
            case EgressNotice notice -> ledger.announce(notice);
            case AuditRecord audit -> ledger.audited(audit);
            case ShadowRecord shadow -> ledger.shadowed(shadow);
        }
    }

    @Test
    void what_is_written_is_read_back_as_it_was_and_in_order() {
        long seed = new Random().nextLong();
        System.out.println(getClass().getSimpleName() + " seed " + seed);
        RandomRecords random = new RandomRecords(new Random(seed));
        List<LedgerEntry> written = new ArrayList<>();
        Ledger ledger = open();
        for (int i = 0; i < 200; i++) {
            LedgerEntry entry = random.next();
            write(ledger, entry);
            written.add(entry);
        }
        assertThat(entries(ledger)).as("while it is open, seed " + seed).isEqualTo(written);
        close(ledger);
        assertThat(entries(ledger)).as("after it was closed, seed " + seed).isEqualTo(written);
    }

    @Test
    void many_threads_write_whole_entries_and_each_its_own_in_order() {
        Ledger ledger = open();
        int threads = 8;
        int each = 50;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int t = 0; t < threads; t++) {
                int thread = t;
                pool.execute(() -> {
                    for (int i = 0; i < each; i++) {
                        ledger.announce(new EgressNotice(thread + "/" + i, java.time.Instant.EPOCH, i));
                    }
                });
            }
        }
        List<String> ids = entries(ledger).stream().map(LedgerEntry::id).toList();
        assertThat(ids).hasSize(threads * each).doesNotHaveDuplicates();
        for (int t = 0; t < threads; t++) {
            String own = t + "/";
            assertThat(ids.stream().filter(id -> id.startsWith(own)).map(id -> Integer.valueOf(id.substring(2))))
                    .isSorted();
        }
        close(ledger);
    }

    @Test
    void an_interrupted_thread_can_write_and_keeps_its_flag() {
        Ledger ledger = open();
        RandomRecords random = new RandomRecords(new Random(1));
        Thread.currentThread().interrupt();
        ledger.append(random.decision());
        assertThat(Thread.interrupted()).isTrue();
        ledger.append(random.decision());
        assertThat(entries(ledger)).hasSize(2);
        close(ledger);
    }

    /** Of ledgers that keep files. */
    abstract static class OfFiles extends LedgerContract {

        abstract Path file();

        @Test
        void opening_again_appends() {
            RandomRecords random = new RandomRecords(new Random(2));
            List<LedgerEntry> written = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Ledger ledger = open();
                LedgerEntry entry = random.next();
                write(ledger, entry);
                written.add(entry);
                close(ledger);
            }
            assertThat(LedgerReader.of(file()).entries()).containsExactlyElementsOf(written);
        }

        @Test
        void a_closed_ledger_takes_nothing() {
            Ledger ledger = open();
            close(ledger);
            close(ledger);
            assertThatThrownBy(() -> ledger.append(new RandomRecords(new Random(3)).decision()))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("closed");
        }

        @Test
        void queries_that_left_and_never_came_back_are_found() {
            Ledger ledger = open();
            DecisionRecord record = new RandomRecords(new Random(4)).decision();
            EgressNotice answered = new EgressNotice(record.id(), record.at(), 100);
            EgressNotice lost = new EgressNotice("lost", record.at(), 200);
            EgressNotice repair = new EgressNotice("lost", record.at(), 300);
            List.of(answered, record, lost, repair).forEach(entry -> write(ledger, entry));
            close(ledger);
            assertThat(LedgerReader.of(file()).unfinished()).containsExactly(lost, repair);
            assertThat(LedgerReader.of(file()).records()).containsExactly(record);
        }
    }
}
