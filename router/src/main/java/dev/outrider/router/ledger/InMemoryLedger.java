package dev.outrider.router.ledger;

import java.util.ArrayList;
import java.util.List;

/** Keeps entries in memory: for tests, evaluations and short runs. */
public final class InMemoryLedger extends EntryLedger {

    private final List<LedgerEntry> entries = new ArrayList<>();

    @Override
    synchronized void write(LedgerEntry entry) {
        entries.add(entry);
    }

    /** All entries so far, oldest first. */
    public synchronized List<LedgerEntry> entries() {
        return List.copyOf(entries);
    }

    /** The decisions so far, oldest first. */
    public List<DecisionRecord> records() {
        return of(DecisionRecord.class);
    }

    /** The queries that left for the LLM so far, oldest first. */
    public List<EgressNotice> egresses() {
        return of(EgressNotice.class);
    }

    /** The audits that ended so far, oldest first. */
    public List<AuditRecord> audits() {
        return of(AuditRecord.class);
    }

    /** How the SLM would have done so far, oldest first. */
    public List<ShadowRecord> shadows() {
        return of(ShadowRecord.class);
    }

    private <E extends LedgerEntry> List<E> of(Class<E> kind) {
        return entries().stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
