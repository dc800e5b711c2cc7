package dev.outrider.router.calibration;

import java.util.OptionalDouble;

/**
 * Finds the loosest threshold whose risk is shown to meet a target, by testing candidates in an order that was fixed
 * before the test answers were looked at, and stopping at the first that fails.
 *
 * <p><b>Why it is valid.</b> Let T be independent units drawn from one source, and λ₁, λ₂, … an order of candidates that
 * does not depend on T. For each the hypothesis H<sub>λ</sub> says that the risk at λ is <em>above</em> the target α.
 *
 * <ul>
 *   <li>JOINT: the number K<sub>λ</sub> of units that are accepted and wrong is Bin(n, R(λ)). Under H<sub>λ</sub>, R(λ) > α,
 *       so p = P(Bin(n, α) ≤ K<sub>λ</sub>) satisfies P(p ≤ δ) ≤ δ.
 *   <li>CONDITIONAL: the number M<sub>λ</sub> of accepted units is random. Whether a unit is accepted depends on its
 *       evidence alone; given which of the units are accepted, these are independent draws from the source given
 *       "accepted", and the wrong ones among them are Bin(M<sub>λ</sub>, P(wrong | accepted)). So p = P(Bin(M<sub>λ</sub>, α)
 *       ≤ K<sub>λ</sub>) satisfies P(p ≤ δ | M<sub>λ</sub>) ≤ δ for every value of M<sub>λ</sub>, and averaging over M<sub>λ</sub>
 *       gives P(p ≤ δ) ≤ δ. With nobody accepted p is 1.
 * </ul>
 *
 * <p>The procedure takes the last candidate of an unbroken run of p ≤ δ. Let λ* be the first candidate in the order for
 * which H holds. To take λ* or anything after it, H<sub>λ*</sub> must have been rejected, which happens with probability at
 * most δ. So the threshold taken has a risk above α with probability at most δ, whatever the calibrator is worth, however
 * many candidates there are, however they depend on each other, and whether or not the risk is monotone in λ.
 *
 * <p>Sources: A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan and L. Lei, "Learn then Test", arXiv 2110.01052,
 * on fixed-sequence testing; W. Maurer, L. A. Hothorn and W. Lehmacher (1995) for the sequence. The Clopper–Pearson bound
 * at the threshold taken is at most α, but the threshold was picked with that bound in sight; what is proven, and all that
 * is claimed, is α.
 */
final class ThresholdTest {

    private final RiskKind kind;
    private final double target;
    private final double confidence;

    ThresholdTest(RiskKind kind, double target, double confidence) {
        this.kind = kind;
        this.target = target;
        this.confidence = confidence;
    }

    /**
     * What came of a test.
     *
     * @param threshold the loosest that passed
     * @param at counts at that threshold, or at the first candidate when none passed
     */
    record Outcome(OptionalDouble threshold, Counts at) {}

    /**
     * Test units at one threshold.
     *
     * @param threshold acceptance is {@code score >= threshold}
     * @param n all units
     * @param accepted accepted units
     * @param wrong accepted and wrong units
     */
    record Counts(double threshold, int n, int accepted, int wrong) {

        static Counts at(double threshold, double[] scores, boolean[] right) {
            int accepted = 0;
            int wrong = 0;
            for (int i = 0; i < scores.length; i++) {
                if (scores[i] >= threshold) {
                    accepted++;
                    wrong += right[i] ? 0 : 1;
                }
            }
            return new Counts(threshold, scores.length, accepted, wrong);
        }

        /** What the risk is a share of. */
        int base(RiskKind kind) {
            return kind == RiskKind.JOINT ? n : accepted;
        }
    }

    /**
     * Tests candidates in this order.
     *
     * @param order fixed without a look at the test units; at least one
     * @param scores the test units' probabilities
     * @param right the test units' truth
     */
    Outcome run(double[] order, double[] scores, boolean[] right) {
        Counts passed = null;
        for (double threshold : order) {
            Counts counts = Counts.at(threshold, scores, right);
            if (pValue(counts) > 1 - confidence) {
                return passed == null
                        ? new Outcome(OptionalDouble.empty(), counts)
                        : new Outcome(OptionalDouble.of(passed.threshold()), passed);
            }
            passed = counts;
        }
        if (passed == null) {
            throw new IllegalArgumentException("no candidates");
        }
        return new Outcome(OptionalDouble.of(passed.threshold()), passed);
    }

    double pValue(Counts counts) {
        return ExactBinomial.pValueAbove(counts.wrong(), counts.base(kind), target);
    }
}
