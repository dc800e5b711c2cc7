package dev.outrider.router;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.budget.BudgetState;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.Workload;
import dev.outrider.router.privacy.Egress;

/**
 * What the cascade would do with a request, and because of what.
 *
 * @param policy version of the policy
 * @param candidates workloads whose conditions on the request hold, in order
 * @param workload the one that decides
 * @param egress what may leave
 * @param keeper the workload that restricts what may leave; null when nothing does
 * @param budgets how the budgets stand that the query would be charged to
 * @param models the LLMs in the order in which they would be asked; empty when none is configured
 * @param leaseMicroUsd money that asking them would set aside; null when none is configured
 * @param local what the SLM answered; null when it would not be asked first
 * @param effect heaviest effect of that answer, in words
 * @param decision what is made of it, or what happens at once
 * @param threshold smallest probability that is demanded; null when none would do, or nothing was weighed
 * @param calibration what the calibration table says; null without one
 * @param calibrated the table's figures for this kind of answer; null without them
 * @param expires when the table expires; null without one
 * @param then the outcome in a sentence
 */
public record Explanation(
        String policy,
        List<Workload> candidates,
        Workload workload,
        Egress egress,
        @Nullable Workload keeper,
        List<BudgetState> budgets,
        List<String> models,
        @Nullable Long leaseMicroUsd,
        DecisionRecord.@Nullable Local local,
        @Nullable String effect,
        Decision decision,
        @Nullable Double threshold,
        DecisionRecord.@Nullable Calibrated calibration,
        @Nullable WorkloadCalibration calibrated,
        @Nullable Instant expires,
        String then) {

    public Explanation {
        candidates = List.copyOf(candidates);
        budgets = List.copyOf(budgets);
        models = List.copyOf(models);
    }
}
