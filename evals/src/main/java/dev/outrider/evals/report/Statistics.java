package dev.outrider.evals.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.Estimate;
import dev.outrider.evals.stats.Frontier;
import dev.outrider.evals.stats.NonInferiority;

/**
 * What one streamed pass over the queries gives beside the counts. {@link StatisticsBuilder} makes it.
 *
 * @param all replacement over all queries
 * @param suites by suite
 * @param workloads by workload of the policy
 * @param kinds by suite and category
 * @param notShown groups beyond the first {@value StatisticsBuilder#MOST_GROUPS} of their sort, which are only in the total
 * @param macro mean of the suites' shares: one large suite does not drown the others; null without queries
 * @param nonInferiority end accuracy against the LLM alone; null without queries
 * @param llmBasis where the LLM's verdicts come from
 * @param random end accuracy of a router that sends the same share to the LLM, drawn by chance; null when nothing is known of the LLM
 * @param overRandom end accuracy of the cascade minus that
 * @param frontier what every threshold would have given
 * @param reliability the SLM's probability against how often it is right
 * @param ece expected calibration error over these bins; null without proposals
 * @param failedLocal what failed local attempts cost
 * @param tasks whole tasks
 * @param energy joules; null unless inputs were stated
 */
public record Statistics(
        Shares all,
        List<Shares> suites,
        List<Shares> workloads,
        List<Shares> kinds,
        int notShown,
        @Nullable Shares macro,
        @Nullable NonInferiority nonInferiority,
        String llmBasis,
        @Nullable Estimate random,
        @Nullable Estimate overRandom,
        Frontier.Summary frontier,
        List<Reliability> reliability,
        @Nullable Double ece,
        FailedLocal failedLocal,
        Tasks tasks,
        @Nullable Energy energy) {

    /**
     * One bin of a reliability diagram.
     *
     * @param from lower edge
     * @param n proposals
     * @param probability mean probability
     * @param right share right
     */
    public record Reliability(double from, long n, double probability, double right) {}

    /**
     * Local attempts that bought no answer.
     *
     * @param attempts how many
     * @param microUsd their cost
     * @param seconds their time, which the caller waited for nothing
     * @param joules their energy; null unless inputs were stated
     */
    public record FailedLocal(long attempts, long microUsd, double seconds, @Nullable Double joules) {}

    /**
     * Whole tasks.
     *
     * @param n tasks
     * @param right tasks whose every query ended right
     * @param microUsdPerRight what the cascade cost in all, by right task; null when none is right
     * @param llmOnlyMicroUsdPerRight the same of the LLM alone, where its verdict on every query is known; null otherwise
     */
    public record Tasks(long n, long right, @Nullable Double microUsdPerRight, @Nullable Double llmOnlyMicroUsdPerRight) {}

    /**
     * Joules by the stated inputs.
     *
     * @param inputs what was stated
     * @param llmOnly if the LLM had answered everything
     * @param local all local attempts
     * @param remote what the LLM answered
     */
    public record Energy(EnergyInputs inputs, double llmOnly, double local, double remote) {}
}
