package dev.outrider.router.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InMemoryLedgerTest extends LedgerContract {

    @Override
    Ledger open() {
        return new InMemoryLedger();
    }

    @Override
    List<LedgerEntry> entries(Ledger ledger) {
        return ((InMemoryLedger) ledger).entries();
    }

    @Override
    void close(Ledger ledger) {
        // there is nothing to close
    }

    @Test
    void gives_its_entries_by_kind() {
        InMemoryLedger ledger = new InMemoryLedger();
        RandomRecords random = new RandomRecords(new Random(5));
        for (int i = 0; i < 50; i++) {
            write(ledger, random.next());
        }
        assertThat(ledger.records().size() + ledger.egresses().size() + ledger.audits().size()
                        + ledger.shadows().size())
                .isEqualTo(50);
        assertThat(ledger.audits()).isNotEmpty();
    }
}
