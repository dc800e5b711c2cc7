package dev.outrider.router.events;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.router.ledger.DecisionRecord;

/** What a {@link RoutingListener} is told beside records of the ledger. */
public sealed interface RoutingEvent {

    /** When. */
    Instant at();

    /**
     * A query arrived.
     *
     * @param id unique per query, the same as in its {@link DecisionRecord}
     * @param tenant on whose account it runs, when the caller said so
     * @param session the caller's session, when it named one
     * @param subtask the caller's subtask within the session, when it named one
     * @param workload the kind of work, when it is known already
     */
    record Query(
            String id,
            Instant at,
            @Nullable String tenant,
            @Nullable String session,
            @Nullable String subtask,
            @Nullable String workload)
            implements RoutingEvent {}

    /**
     * The SLM answered or failed.
     *
     * @param at when it ended
     * @param local the attempt as the ledger keeps it
     */
    record LocalAnswer(String id, Instant at, DecisionRecord.Local local) implements RoutingEvent {}

    /** The LLM is wanted. */
    record Escalation(String id, Instant at, Decision.Escalate why) implements RoutingEvent {}

    /**
     * A request to an LLM ended, or was not even sent.
     *
     * @param at when it ended
     * @param model the model's name in the policy
     * @param outcome one word for what became of it, for example {@code ANSWERED} or {@code FAILED}
     * @param fault one word for what went wrong, for example {@code TIMEOUT}; null where nothing did
     * @param detail the fault in a few words; null where there is none
     * @param inputTokens prompt tokens charged
     * @param outputTokens answer tokens charged
     * @param microUsd the charge in micro-dollars
     * @param seconds wall-clock seconds
     */
    record RemoteAttempt(
            String id,
            Instant at,
            String model,
            String outcome,
            @Nullable String fault,
            @Nullable String detail,
            long inputTokens,
            long outputTokens,
            long microUsd,
            double seconds)
            implements RoutingEvent {}

    /**
     * A budget had nothing left.
     *
     * @param budget name of the rule
     * @param detail one line for a person
     */
    record BudgetExhausted(String id, Instant at, String budget, String detail) implements RoutingEvent {}

    /**
     * The audits of a workload speak against its bound.
     *
     * @param detail one line for a person: what was seen, what was promised
     */
    record DriftAlarm(Instant at, String workload, String detail) implements RoutingEvent {}

    /**
     * The policy's file was read again.
     *
     * @param before version that was in force
     * @param after version that is in force now: the same when the new file is bad
     * @param error one line when the new file is bad
     */
    record PolicyReloaded(Instant at, String before, String after, @Nullable String error) implements RoutingEvent {}
}
