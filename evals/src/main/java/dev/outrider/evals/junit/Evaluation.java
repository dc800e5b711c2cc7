package dev.outrider.evals.junit;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.TextReport;
import dev.outrider.evals.stats.Interval;
import dev.outrider.evals.stats.NonInferiority;

/**
 * What a suite showed, for assertions. Shares are in [0, 1].
 *
 * @param report everything
 */
public record Evaluation(ReplacementReport report) {

    /** Answered locally and right, over all queries. */
    public double replacementRate() {
        return value(report.total().replacementRate());
    }

    /** Its 95 % interval, clustered by task. Its lower end is the safer thing to assert. */
    public Interval replacementRateInterval() {
        return Objects.requireNonNull(report.replacementRateCi());
    }

    /** Right among those answered locally; 1 when none was. */
    public double localAccuracy() {
        Double accuracy = report.total().localAccuracy();
        return accuracy == null ? 1 : accuracy;
    }

    /** Right in the end, whoever answered. */
    public double endAccuracy() {
        return value(report.total().endAccuracy());
    }

    /** Share of the LLM-only cost that was saved, failed local attempts included; negative when the cascade cost more. */
    public double savedShare() {
        return value(report.cost().savedShare());
    }

    /**
     * End accuracy against the LLM alone.
     *
     * @param margin how much worse is still not inferior, in (0, 1)
     */
    public NonInferiority nonInferiority(double margin) {
        return Objects.requireNonNull(report.statistics().nonInferiority()).with(margin);
    }

    /** Whether the end accuracy is, with 95 % confidence, no more than the margin below that of the LLM alone. */
    public boolean endAccuracyNotInferior(double margin) {
        return nonInferiority(margin).notInferior();
    }

    /**
     * Asserts that, and says what was found.
     *
     * @throws AssertionError when it is not shown
     */
    public void assertEndAccuracyNotInferior(double margin) {
        NonInferiority test = nonInferiority(margin);
        if (!test.notInferior()) {
            throw new AssertionError(("end accuracy %.4f is not shown to be within %.4f of the LLM alone: the difference is %.4f, its lower"
                            + " 95 %% bound %.4f, over %d queries of %d tasks (only the LLM right: %d, only the cascade: %d, LLM not"
                            + " known and taken as right: %d)")
                    .formatted(endAccuracy(), margin, test.difference(), test.lower(), test.pairs(), test.tasks(), test.onlyLlm(),
                            test.onlyCascade(), test.assumed()));
        }
    }

    private static double value(@Nullable Double value) {
        return Objects.requireNonNull(value, "the suite has no queries");
    }

    /** The report as a table: what a failed assertion shows. */
    @Override
    public String toString() {
        return TextReport.render(report, false);
    }
}
