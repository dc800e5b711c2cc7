package dev.outrider.router.audit;

import org.apache.commons.statistics.distribution.BetaDistribution;

/**
 * What audits say about the answers that were accepted.
 *
 * @param workload the kind of work
 * @param accepted accepted answers that could have been drawn
 * @param drawn those that were
 * @param answered audits that ended with an answer of the LLM
 * @param agreed audits whose answers agree
 * @param horvitzThompson estimate of the share of all accepted answers that the LLM agrees with: Σ y/π over the audited,
 *     divided by the number accepted. Unbiased, but may leave [0, 1]; NaN without audits
 * @param hajek the same divided by Σ 1/π: hardly biased, steadier, always in [0, 1]; NaN without audits
 * @param low lower end of the interval of the agreement; 0 without audits
 * @param high upper end; 1 without audits
 * @param confidence of the interval
 */
public record AuditEstimate(
        String workload,
        long accepted,
        long drawn,
        long answered,
        long agreed,
        double horvitzThompson,
        double hajek,
        double low,
        double high,
        double confidence) {

    /** The confidence of the intervals. */
    public static final double CONFIDENCE = 0.95;

    /**
     * Sums over the audits of one workload.
     *
     * <p>Horvitz and Thompson, JASA 47 (1952); J. Hájek (1971). Audits that the LLM did not answer are missing; they
     * are taken to be missing whatever the local answer was worth, and π is scaled by the share that was answered.
     *
     * <p>The interval is that of Clopper and Pearson at the effective sample size (Σ 1/π)² / Σ 1/π² (L. Kish, 1965; E. L.
     * Korn and B. I. Graubard, Survey Methodology 24, 1998): exact where all propensities are equal, and it neither
     * shrinks to a point nor leaves [0, 1] when all audits agree.
     */
    static final class Sums {
        private long accepted;
        private long drawn;
        private long answered;
        private long failed;
        private long agreed;
        private double weights;
        private double squares;
        private double agreedWeights;

        void accepted() {
            accepted++;
        }

        void drawn() {
            drawn++;
        }

        void failed() {
            failed++;
        }

        void answered(double propensity, boolean same) {
            answered++;
            weights += 1 / propensity;
            squares += 1 / (propensity * propensity);
            if (same) {
                agreed++;
                agreedWeights += 1 / propensity;
            }
        }

        AuditEstimate estimate(String workload) {
            if (answered == 0) {
                return new AuditEstimate(workload, accepted, drawn, 0, 0, Double.NaN, Double.NaN, 0, 1, CONFIDENCE);
            }
            double responding = answered / (double) (answered + failed);
            double hajek = agreedWeights / weights;
            double n = weights * weights / squares;
            double hits = hajek * n;
            double tail = (1 - CONFIDENCE) / 2;
            double low = agreed == 0 ? 0 : BetaDistribution.of(hits, n - hits + 1).inverseCumulativeProbability(tail);
            double high =
                    agreed == answered ? 1 : BetaDistribution.of(hits + 1, n - hits).inverseCumulativeProbability(1 - tail);
            return new AuditEstimate(
                    workload,
                    accepted,
                    drawn,
                    answered,
                    agreed,
                    agreedWeights / responding / accepted,
                    hajek,
                    low,
                    high,
                    CONFIDENCE);
        }
    }
}
