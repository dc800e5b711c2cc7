package dev.outrider.router;

import java.util.EnumMap;
import java.util.Map;

import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * What a cascade did so far: an immutable snapshot.
 *
 * @param queries all queries
 * @param accepted answered by the SLM as demanded
 * @param acceptedUnproved answered by the SLM below what was demanded, because the LLM could not help
 * @param escalated answered by the LLM, by reason; reasons that never happened are absent
 * @param refused not answered, by reason; reasons that never happened are absent
 * @param localMicroUsd cost of all local attempts, in micro-dollars
 * @param failedLocalMicroUsd the part of it that bought no answer
 * @param remoteMicroUsd cost of the LLM, audits included
 */
public record RoutingStats(
        long queries,
        long accepted,
        long acceptedUnproved,
        Map<EscalationReason, Long> escalated,
        Map<RefusalReason, Long> refused,
        long localMicroUsd,
        long failedLocalMicroUsd,
        long remoteMicroUsd) {

    /** Nothing happened yet. */
    public static final RoutingStats EMPTY = new RoutingStats(0, 0, 0, Map.of(), Map.of(), 0, 0, 0);

    public RoutingStats {
        escalated = Map.copyOf(escalated);
        refused = Map.copyOf(refused);
        if (accepted + acceptedUnproved + sum(escalated) + sum(refused) != queries) {
            throw new IllegalArgumentException("every query is accepted, escalated or refused: the counts do not add up to "
                    + queries);
        }
    }

    /** All escalations. */
    public long escalatedTotal() {
        return sum(escalated);
    }

    /** All refusals. */
    public long refusedTotal() {
        return sum(refused);
    }

    /**
     * Share of the queries that the SLM answered, in [0, 1]; says nothing about how many of them are right. 0 without
     * queries.
     */
    public double localShare() {
        return queries == 0 ? 0 : (accepted + acceptedUnproved) / (double) queries;
    }

    /** These statistics and what an audit cost: it is money of the LLM that bought no answer for anybody. */
    public RoutingStats plus(AuditRecord audit) {
        return new RoutingStats(
                queries,
                accepted,
                acceptedUnproved,
                escalated,
                refused,
                localMicroUsd,
                failedLocalMicroUsd,
                remoteMicroUsd + audit.microUsd());
    }

    /** These statistics and one more query. */
    public RoutingStats plus(DecisionRecord record) {
        Map<EscalationReason, Long> escalations = escalated;
        Map<RefusalReason, Long> refusals = refused;
        long asDemanded = accepted;
        long unproved = acceptedUnproved;
        switch (record.decision()) {
            case Decision.Accept a when a.basis().demandMet() -> asDemanded++;
            case Decision.Accept a -> unproved++;
            case Decision.Escalate e -> escalations = plusOne(EscalationReason.class, escalated, e.reason());
            case Decision.Refuse r -> refusals = plusOne(RefusalReason.class, refused, r.reason());
        }
        DecisionRecord.Cost cost = record.cost();
        return new RoutingStats(
                queries + 1,
                asDemanded,
                unproved,
                escalations,
                refusals,
                localMicroUsd + cost.localMicroUsd(),
                failedLocalMicroUsd + cost.failedLocalMicroUsd(),
                remoteMicroUsd + cost.remoteMicroUsd());
    }

    private static <E extends Enum<E>> Map<E, Long> plusOne(Class<E> type, Map<E, Long> counts, E reason) {
        Map<E, Long> next = new EnumMap<>(type);
        next.putAll(counts);
        next.merge(reason, 1L, Long::sum);
        return next;
    }

    private static long sum(Map<?, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
