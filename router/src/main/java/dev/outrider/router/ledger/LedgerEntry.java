package dev.outrider.router.ledger;

/** One entry of a ledger: what a line of it holds. Sealed: whoever reads a ledger handles all four. */
public sealed interface LedgerEntry permits DecisionRecord, EgressNotice, AuditRecord, ShadowRecord {

    /** The query that it speaks of; all entries of a query have the same. */
    String id();
}
