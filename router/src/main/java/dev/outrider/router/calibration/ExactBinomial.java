package dev.outrider.router.calibration;

import org.apache.commons.statistics.distribution.BetaDistribution;
import org.apache.commons.statistics.distribution.BinomialDistribution;

/**
 * Exact inference about a binomial share; no normal approximation, which is wrong exactly where it matters here: few
 * errors among few answers.
 *
 * <p>Sources: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), for the bound; its form as a quantile of a beta
 * distribution follows from P(Bin(n, p) ≤ k) = 1 − I<sub>p</sub>(k + 1, n − k) with the regularised incomplete beta
 * function I.
 */
public final class ExactBinomial {

    private ExactBinomial() {}

    /**
     * The p-value of the hypothesis "the share is above {@code share}": P(Bin(n, share) ≤ hits). When the hypothesis
     * holds, it is at most δ with probability at most δ, for every δ and n.
     *
     * @param hits observed, in [0, n]
     * @param n observations; 0 gives 1
     * @param share in (0, 1)
     */
    public static double pValueAbove(int hits, int n, double share) {
        check(hits, n);
        return n == 0 ? 1 : BinomialDistribution.of(n, share).cumulativeProbability(hits);
    }

    /**
     * The one-sided upper confidence bound of Clopper and Pearson: it lies below the true share with probability at most
     * 1 − {@code confidence}.
     *
     * @param confidence in (0, 1), for example 0.95
     * @return in (0, 1]; 1 without observations
     */
    public static double upper(int hits, int n, double confidence) {
        check(hits, n);
        return hits == n ? 1 : BetaDistribution.of(hits + 1.0, n - hits).inverseCumulativeProbability(confidence);
    }

    /** The one-sided lower confidence bound, {@link #upper} seen from the other side. */
    public static double lower(int hits, int n, double confidence) {
        return 1 - upper(n - hits, n, confidence);
    }

    /** The smallest sample in which no hit at all shows, at this confidence, that the share is at most {@code share}. */
    public static int fewest(double share, double confidence) {
        return (int) Math.ceil(Math.log1p(-confidence) / Math.log1p(-share) - 1e-12);
    }

    private static void check(int hits, int n) {
        if (hits < 0 || hits > n) {
            throw new IllegalArgumentException(hits + " of " + n);
        }
    }
}
