package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.router.budget.BudgetStoreException.Kind;

class JournaledBudgetStoreTest extends BudgetStoreContract {

    private static final Duration IMPATIENT = Duration.ofMillis(30);
    private static final BudgetRule RULE =
            BudgetRule.of("money", Scope.GLOBAL, Unit.MICRO_USD, 1_000_000, null, OnExhausted.REFUSE);

    @TempDir
    Path folder;

    @Override
    BudgetStore open() {
        return JournaledBudgetStore.open(file());
    }

    @Override
    int operations() {
        return 400;
    }

    /** What was appended was carried out, and what was not was not. */
    @Override
    boolean mayBreakOff() {
        return false;
    }

    private Path file() {
        return folder.resolve("made/on/the/way/budgets.db");
    }

    private Lease lease(BudgetStore from, long microUsd) {
        return lease(from, NOBODY, microUsd);
    }

    private Lease lease(BudgetStore from, BudgetKeys keys, long microUsd) {
        Grant grant = new Budgets(List.of(RULE), from, clock).lease(keys, Amounts.of(Unit.MICRO_USD, microUsd), EXPIRY);
        return ((Grant.Granted) grant).lease();
    }

    private BudgetState state(BudgetStore of) {
        return new Budgets(List.of(RULE), of, clock).states(NOBODY).getFirst();
    }

    private List<String> journals() throws IOException {
        try (Stream<Path> files = Files.list(file().getParent())) {
            return files.map(path -> path.getFileName().toString()).filter(name -> name.contains("-ops.")).sorted().toList();
        }
    }

    /** The folder as a process leaves it that is killed now. */
    private Path killed(String name) throws IOException {
        Path copy = Files.createDirectory(folder.resolve(name));
        try (Stream<Path> files = Files.list(file().getParent())) {
            for (Path one : files.toList()) {
                // the writer may have removed it since
                if (Files.exists(one)) {
                    Files.copy(one, copy.resolve(one.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        return copy.resolve("budgets.db");
    }

    @Test
    void what_was_spent_is_there_after_closing_and_opening_either_way() throws IOException {
        lease(store, 400).settle(Amounts.of(Unit.MICRO_USD, 123));
        lease(store, 300);
        store.close();
        assertThat(journals()).isEmpty();
        try (BudgetStore again = SqliteBudgetStore.open(file())) {
            assertThat(state(again).spent()).isEqualTo(123);
            assertThat(state(again).leased()).isEqualTo(300);
            lease(again, 10).settle(Amounts.of(Unit.MICRO_USD, 10));
        }
        try (BudgetStore again = JournaledBudgetStore.open(file())) {
            assertThat(state(again).spent()).isEqualTo(133);
            assertThat(state(again).total()).isEqualTo(133);
            assertThat(again.leasesOut(clock.millis())).isEqualTo(1);
            assertThat(again.leasesOut(clock.millis() + EXPIRY.toMillis())).isZero();
            assertThat(state(again).leased()).isZero();
        }
        try (BudgetStore again = SqliteBudgetStore.open(file())) {
            assertThat(state(again).leased()).as("what returned in memory returned in the file").isZero();
        }
    }

    @Test
    void whoever_opens_the_file_finds_what_a_killed_process_left() throws IOException {
        lease(store, 400).settle(Amounts.of(Unit.MICRO_USD, 123));
        lease(store, 300);
        Path one = killed("one");
        Path two = killed("two");
        try (BudgetStore again = JournaledBudgetStore.open(one)) {
            assertThat(state(again).spent()).isEqualTo(123);
            assertThat(state(again).leased()).isEqualTo(300);
            assertThat(again.leasesOut(clock.millis())).isEqualTo(1);
        }
        try (BudgetStore again = SqliteBudgetStore.open(two)) {
            assertThat(state(again).spent()).isEqualTo(123);
            assertThat(state(again).leased()).isEqualTo(300);
            assertThat(again.leasesOut(clock.millis() + EXPIRY.toMillis())).isZero();
        }
        assertThat(two.resolveSibling("budgets.db-ops.1")).doesNotExist();
    }

    @Test
    void a_journal_that_is_in_the_file_already_is_not_booked_again() throws IOException {
        lease(store, 400).settle(Amounts.of(Unit.MICRO_USD, 123));
        Path copy = killed("copy");
        List<Path> left;
        try (Stream<Path> files = Files.list(copy.getParent())) {
            left = files.filter(path -> path.toString().contains("-ops.")).toList();
        }
        List<byte[]> contents = new ArrayList<>();
        for (Path one : left) {
            contents.add(Files.readAllBytes(one));
        }
        JournaledBudgetStore.open(copy).close();
        // as if the process had been killed between the transaction and the journal's removal
        for (int i = 0; i < left.size(); i++) {
            Files.write(left.get(i), contents.get(i));
        }
        try (BudgetStore again = SqliteBudgetStore.open(copy)) {
            assertThat(state(again).spent()).isEqualTo(123);
            assertThat(state(again).total()).isEqualTo(123);
        }
    }

    @Test
    void every_place_at_which_a_journal_can_be_torn_loses_nothing_but_the_operation_under_way() throws IOException {
        Path journal = folder.resolve("torn.db-ops.1");
        BudgetStore.Ticket ticket = new BudgetStore.Ticket(
                7, List.of(new BudgetStore.Leg("a|b", 3, 40, 99), new BudgetStore.Leg("ö", -1, 0, 1)), 55);
        List<BudgetJournal.Operation> all = List.of(
                new BudgetJournal.Took(ticket), new BudgetJournal.Finished(ticket, List.of(5L, 0L), BudgetStore.Attempt.LATE));
        try (BudgetJournal writing = BudgetJournal.create(folder.resolve("torn.db"), 1)) {
            for (BudgetJournal.Operation one : all) {
                writing.append(one);
            }
        }
        byte[] bytes = Files.readAllBytes(journal);
        int second = -1;
        for (int length = bytes.length; length >= 0; length--) {
            Files.write(journal, Arrays.copyOf(bytes, length));
            List<BudgetJournal.Operation> read = new ArrayList<>();
            BudgetJournal.read(journal, read::add);
            assertThat(read).as("torn at %d", length).isEqualTo(all.subList(0, read.size()));
            second = read.size() == 1 && second < 0 ? length : second;
        }
        assertThat(second).as("one whole operation up to the last byte of the second").isEqualTo(bytes.length - 1);
        Random random = new Random(5);
        for (int round = 0; round < 2_000; round++) {
            byte[] damaged = bytes.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(journal, damaged);
            List<BudgetJournal.Operation> read = new ArrayList<>();
            try {
                BudgetJournal.read(journal, read::add);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("is no operation on budgets");
            }
            assertThat(read).isEqualTo(all.subList(0, read.size())).hasSizeLessThan(2);
        }
    }

    @Test
    void a_damaged_journal_is_named_and_nothing_is_spent() throws IOException {
        lease(store, 400).settle(Amounts.of(Unit.MICRO_USD, 123));
        store.close();
        Path journal = BudgetJournal.path(file(), 99);
        Files.write(journal, "these are no operations at all, whatever one may think".getBytes(StandardCharsets.UTF_8));
        for (int way = 0; way < 2; way++) {
            boolean alone = way == 0;
            assertThatThrownBy(() -> (alone ? JournaledBudgetStore.open(file()) : SqliteBudgetStore.open(file())).close())
                    .isInstanceOfSatisfying(BudgetStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DAMAGED))
                    .hasMessageStartingWith(journal + ": ")
                    .hasMessageContaining("at byte 0")
                    .hasMessageContaining("restore a backup, or move it away");
        }
        Files.delete(journal);
        try (BudgetStore again = JournaledBudgetStore.open(file())) {
            assertThat(state(again).spent()).isEqualTo(123);
        }
    }

    @Test
    void one_store_has_the_file_to_itself() {
        assertThatThrownBy(() -> JournaledBudgetStore.open(file(), IMPATIENT).close())
                .isInstanceOfSatisfying(BudgetStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED))
                .hasMessageContaining("other processes or stores have it open; end the process that holds it");
        assertThatThrownBy(() -> SqliteBudgetStore.open(file(), SqliteBudgetStore::connect, IMPATIENT).close())
                .isInstanceOfSatisfying(BudgetStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED))
                .hasMessageContaining("another process or store keeps it to itself; end the process that holds it");
        store.close();
        try (BudgetStore shared = SqliteBudgetStore.open(file());
                BudgetStore also = SqliteBudgetStore.open(file())) {
            assertThatThrownBy(() -> JournaledBudgetStore.open(file(), IMPATIENT).close())
                    .isInstanceOf(BudgetStoreException.class);
            lease(shared, 5).settle(Amounts.of(Unit.MICRO_USD, 5));
            assertThat(state(also).spent()).isEqualTo(5);
        }
        JournaledBudgetStore.open(file(), IMPATIENT).close();
    }

    @Test
    void another_process_is_kept_out_and_let_in() throws Exception {
        Process other = BudgetProcess.start(file().toString(), 1_000, 5, 1, "a");
        assertThat(other.waitFor()).as("it ends when it cannot have the file").isNotZero();
        store.close();
        assertThat(BudgetProcess.spentBy(BudgetProcess.start(file().toString(), Amounts.MOST, 5, 1, "a"))).isNotNegative();
    }

    @Test
    void an_interrupted_thread_can_lease_and_settle() {
        Thread.currentThread().interrupt();
        try {
            lease(store, 100).settle(Amounts.of(Unit.MICRO_USD, 60));
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(state(store).spent()).isEqualTo(60);
    }

    /** A reader of the file with SQL sees what was spent, a little later. */
    @Test
    void the_file_is_brought_up_to_date_behind_the_callers_back() throws Exception {
        lease(store, 400).settle(Amounts.of(Unit.MICRO_USD, 123));
        lease(store, 50);
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        String seen = "";
        while (!seen.equals("123/50/1") && System.nanoTime() < deadline) {
            Thread.sleep(20);
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                    Statement statement = connection.createStatement();
                    var row = statement.executeQuery("SELECT (SELECT sum(spent) FROM outrider_budget_account) || '/' ||"
                            + " (SELECT sum(leased) FROM outrider_budget_account) || '/' ||"
                            + " (SELECT count(*) FROM outrider_budget_lease)")) {
                seen = row.next() ? String.valueOf(row.getString(1)) : "";
            }
        }
        assertThat(seen).isEqualTo("123/50/1");
    }

    /** Another program that keeps the file locked holds the writer up, not the callers. */
    @Test
    void a_locked_file_does_not_stop_the_callers_and_nothing_is_lost() throws Exception {
        store.close();
        BudgetStore impatient = JournaledBudgetStore.open(file(), IMPATIENT);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = connection.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            for (int i = 0; i < 50; i++) {
                lease(impatient, 10).settle(Amounts.of(Unit.MICRO_USD, 2));
                Thread.sleep(10);
            }
            impatient.close();
            statement.execute("ROLLBACK");
        }
        assertThat(journals()).as("what could not be written is kept").isNotEmpty();
        try (BudgetStore again = SqliteBudgetStore.open(file())) {
            assertThat(state(again).spent()).isEqualTo(100);
        }
        assertThat(journals()).isEmpty();
    }

    /** Random threads, killed at random moments: what was reported is there, and money and leases add up. */
    @Test
    void copies_made_at_any_moment_hold_what_was_reported_by_then() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("JournaledBudgetStoreTest seed " + seed);
        AtomicInteger reported = new AtomicInteger();
        AtomicInteger begun = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(3);
        try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
            List<Future<?>> spenders = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                Random random = new Random(seed + t);
                spenders.add(pool.submit(() -> {
                    for (int i = 0; i < 1_500; i++) {
                        BudgetKeys keys = RandomLeases.keys(random);
                        Lease lease = lease(store, keys, 3);
                        if (random.nextInt(4) == 0) {
                            lease.release();
                        } else {
                            begun.incrementAndGet();
                            lease.settle(Amounts.of(Unit.MICRO_USD, 1));
                            reported.incrementAndGet();
                        }
                    }
                    done.countDown();
                    return null;
                }));
            }
            for (int copy = 0; copy < 6; copy++) {
                int least = reported.get();
                Path at = killedNow("copy" + copy);
                int most = begun.get();
                if (at != null) {
                    try (BudgetStore again = copy % 2 == 0 ? JournaledBudgetStore.open(at) : SqliteBudgetStore.open(at)) {
                        assertThat(state(again).spent()).as("seed %d, copy %d", seed, copy).isBetween((long) least, (long) most);
                        assertThat(again.leasesOut(clock.millis() + EXPIRY.toMillis())).isZero();
                        assertThat(state(again).leased()).isZero();
                    }
                }
            }
            for (Future<?> one : spenders) {
                one.get();
            }
        }
        assertThat(state(store).spent()).isEqualTo(reported.get());
        assertThat(state(store).leased()).isZero();
    }

    /** A copy of all files while the writer rests; null when it wrote meanwhile, for then they are of different moments. */
    private @Nullable Path killedNow(String name) throws IOException {
        List<String> before = journals();
        Path copy = killed(name);
        return journals().equals(before) ? copy : null;
    }

    @Test
    void bytes_behind_the_last_operation_are_cut_off_and_what_follows_is_read() throws IOException {
        BudgetStore.Ticket ticket = new BudgetStore.Ticket(7, List.of(new BudgetStore.Leg("a", 3, 40, 99)), 55);
        Path database = folder.resolve("some.db");
        try (BudgetJournal writing = BudgetJournal.create(database, 4)) {
            writing.append(new BudgetJournal.Took(ticket));
        }
        Files.write(BudgetJournal.path(database, 4), new byte[] {0, 0, 0, 9, 1}, StandardOpenOption.APPEND);
        List<BudgetJournal.Operation> read = new ArrayList<>();
        BudgetJournal.read(BudgetJournal.path(database, 4), read::add);
        assertThat(read).containsExactly(new BudgetJournal.Took(ticket));
        assertThat(BudgetJournal.generations(database)).containsExactly(4L);
    }
}
