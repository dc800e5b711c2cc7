package dev.outrider.router.ledger;

/** A ledger that treats all kinds of entries alike. */
abstract class EntryLedger implements Ledger {

    /**
     * Writes one entry.
     *
     * @throws LedgerException when it cannot be written
     */
    abstract void write(LedgerEntry entry);

    @Override
    public final void append(DecisionRecord record) {
        write(record);
    }

    @Override
    public final void announce(EgressNotice notice) {
        write(notice);
    }

    @Override
    public final void audited(AuditRecord audit) {
        write(audit);
    }

    @Override
    public final void shadowed(ShadowRecord shadow) {
        write(shadow);
    }
}
