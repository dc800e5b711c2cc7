package dev.outrider.evals.report;

import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.NonInferiority;

/**
 * What a report takes from outside.
 *
 * @param margin how much worse than the LLM alone is still not inferior, in (0, 1)
 * @param energy null when nobody stated any: then there are no joules
 * @param llmAlone how the LLM did on queries that the SLM answered
 */
public record ReportInputs(double margin, @Nullable EnergyInputs energy, LlmAlone llmAlone) {

    /** A margin of two in a hundred, no joules, nothing known of the LLM beyond the run. */
    public static final ReportInputs DEFAULT = new ReportInputs(NonInferiority.MARGIN, null, LlmAlone.unknown());
}
