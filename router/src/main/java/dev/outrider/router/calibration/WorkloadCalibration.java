package dev.outrider.router.calibration;

import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What was found out about one workload. A third of its tasks fitted the calibrator and fixed the candidates, the
 * others, unseen until then, gave every figure below and tested the threshold.
 *
 * @param workload its name in the table
 * @param n labelled answers, both halves
 * @param tasks clusters that they come from, both halves
 * @param testUnits independent units of the test part: one answer per cluster, drawn by chance
 * @param calibrator evidence to P(right)
 * @param why how the calibrator was chosen, one line
 * @param riskKind which risk is bounded
 * @param targetRisk what the risk may be
 * @param confidence of the bound
 * @param threshold smallest P(right) that is accepted; empty when the evidence does not suffice, and then nothing is
 * @param riskBound upper bound of the risk at the threshold, at this confidence: the target, which is what the test
 *     proves; without a threshold the bound at the first candidate tested, to show how far away the target is
 * @param accepted test units that reach the threshold, or the first candidate without one
 * @param wrong those of them that are wrong
 * @param ece expected calibration error over ten bins of equal width; empty without test answers
 * @param auroc empty unless there are right and wrong test answers
 * @param brier empty without test answers
 * @param whyNot one line when there is no threshold
 * @param llm what is known of the LLM on the same queries; null when nothing is
 */
public record WorkloadCalibration(
        String workload,
        int n,
        int tasks,
        int testUnits,
        Calibrator calibrator,
        String why,
        RiskKind riskKind,
        double targetRisk,
        double confidence,
        OptionalDouble threshold,
        double riskBound,
        int accepted,
        int wrong,
        OptionalDouble ece,
        OptionalDouble auroc,
        OptionalDouble brier,
        @Nullable String whyNot,
        @Nullable LlmAccuracy llm) {

    public WorkloadCalibration {
        if (!(confidence > 0 && confidence < 1 && targetRisk > 0 && targetRisk < 1)) {
            throw new IllegalArgumentException(
                    "target risk " + targetRisk + " and confidence " + confidence + " of " + workload + " must be in (0, 1)");
        }
        if (threshold.isPresent()) {
            double t = threshold.getAsDouble();
            if (!(t > 0 && t <= 1)) {
                throw new IllegalArgumentException("threshold of " + workload + " must be in (0, 1] but is " + t);
            }
            if (!(riskBound <= targetRisk)) {
                throw new IllegalArgumentException("threshold of " + workload + " has the risk bound " + riskBound
                        + ", above its target " + targetRisk);
            }
        } else if (whyNot == null) {
            throw new IllegalArgumentException(workload + " has no threshold and no reason");
        }
        if (wrong < 0 || accepted < wrong || testUnits < accepted || n < testUnits) {
            throw new IllegalArgumentException("counts of " + workload + " do not fit together");
        }
    }

    /** What the threshold keeps. */
    public Target target() {
        return new Target(riskKind, targetRisk, confidence);
    }

    /** Share of the test units that were accepted, in [0, 1]; 0 without a threshold. */
    public double coverage() {
        return threshold.isEmpty() || testUnits == 0 ? 0 : accepted / (double) testUnits;
    }

    /** Whether evidence of this probability is accepted. */
    public boolean accepts(double probability) {
        return threshold.isPresent() && probability >= threshold.getAsDouble();
    }

    /** {@code joint risk ≤ 0.100 at 95 %}. */
    public String promise() {
        return String.format(Locale.ROOT, "%s risk ≤ %.3f at %.0f %%", riskKind.word(), riskBound, 100 * confidence);
    }
}
