package dev.outrider.router;

import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.budget.Budgets;
import dev.outrider.router.budget.ThinkingCredits;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.WorkloadBook;
import dev.outrider.router.privacy.Redactor;
import dev.outrider.router.remote.RemoteModelSettings;

/**
 * A policy made ready to decide by: everything that depends on it. A query gets one at its start and keeps it.
 *
 * @param policy the policy
 * @param workloads finds the workloads of a query
 * @param check form and effect of answers
 * @param local the SLM
 * @param remote the LLM; null when none is configured
 * @param judge weighs evidence
 * @param budgets limits
 * @param thinking credits for thoughts; null when the policy has none
 * @param redactor replaces what must not leave, and what a ledger may not keep
 * @param clock tells the time that calibrations are judged at
 */
record CascadePlan(
        Policy policy,
        WorkloadBook workloads,
        AnswerCheck check,
        LocalTier local,
        @Nullable RemoteTier remote,
        EvidenceJudge judge,
        Budgets budgets,
        @Nullable ThinkingCredits thinking,
        Redactor redactor,
        InstantSource clock) {

    private static final Duration MARGIN = Duration.ofSeconds(30);

    /** The prices behind the costs in records. */
    DecisionRecord.Prices prices() {
        RemoteModelSettings llm = policy.models().remote().getFirst();
        return new DecisionRecord.Prices(
                policy.models().local().usdPerHour(),
                remote == null ? null : llm.usdPerMillionInputTokens(),
                remote == null ? null : llm.usdPerMillionOutputTokens());
    }

    /** How long money may be set aside for one call: a little longer than a call may take. */
    Duration leaseExpiry() {
        return policy.resilience().queryTimeout().plus(MARGIN);
    }
}
