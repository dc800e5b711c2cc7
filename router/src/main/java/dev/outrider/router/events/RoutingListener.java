package dev.outrider.router.events;

import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * Watches a cascade as it works. Every query is told by one {@link #onQuery} and, unless its ledger failed, one {@link
 * #onDecision}; what happens between them carries its id. Called on the threads that work on the query: be quick. What a
 * listener throws is logged and changes nothing. Called by many threads.
 *
 * <p>{@link MicrometerRouting} and {@link OpenTelemetryRouting} are listeners.
 */
public interface RoutingListener {

    /** A query arrived; on the thread that asked. */
    default void onQuery(RoutingEvent.Query query) {}

    /** The SLM answered or failed; nothing is decided yet. */
    default void onLocalAnswer(RoutingEvent.LocalAnswer answer) {}

    /** The LLM is wanted. */
    default void onEscalation(RoutingEvent.Escalation escalation) {}

    /** A request to an LLM ended, or was not even sent. */
    default void onRemoteAttempt(RoutingEvent.RemoteAttempt attempt) {}

    /** A budget had nothing left for what was wanted. */
    default void onBudgetExhausted(RoutingEvent.BudgetExhausted exhausted) {}

    /** The query ended and its record is in the ledger; its answer leaves now. */
    default void onDecision(DecisionRecord record) {}

    /** A shadow audit ended, after its query's decision. */
    default void onAudit(AuditRecord audit) {}

    /** The audits of a workload speak against its bound, which is suspended. */
    default void onDriftAlarm(RoutingEvent.DriftAlarm alarm) {}

    /** The policy's file changed and was read again. */
    default void onPolicyReloaded(RoutingEvent.PolicyReloaded reloaded) {}
}
