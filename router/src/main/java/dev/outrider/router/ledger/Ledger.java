package dev.outrider.router.ledger;

/**
 * Where decisions are written down. The cascade writes before it lets anything go: an {@link EgressNotice} before a byte
 * leaves for the LLM, a {@link DecisionRecord} before an answer is handed to the caller. A ledger that cannot write
 * throws, and then nothing leaves. What a call that returned has written survives the death of the process in ledgers
 * that keep files. Implementations are safe for many threads.
 */
@FunctionalInterface
public interface Ledger {

    /**
     * Writes one decision.
     *
     * @throws LedgerException when it cannot be written
     */
    void append(DecisionRecord record);

    /**
     * Notes that a query is about to leave for the LLM with money set aside, so that even a killed process leaves a
     * trace of what it may have spent. The query's {@link DecisionRecord} follows under the same id, unless the process
     * dies.
     *
     * @throws LedgerException when it cannot be written
     */
    default void announce(EgressNotice notice) {}

    /**
     * Writes how the shadow audit of an earlier decision ended.
     *
     * @throws LedgerException when it cannot be written
     */
    default void audited(AuditRecord audit) {}

    /**
     * Writes how the SLM would have done on an earlier query that the LLM answered.
     *
     * @throws LedgerException when it cannot be written
     */
    default void shadowed(ShadowRecord shadow) {}
}
