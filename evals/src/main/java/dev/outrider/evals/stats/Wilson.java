package dev.outrider.evals.stats;

/** The score interval of a binomial share (E. B. Wilson, JASA 22, 1927): sound for small samples and for shares of 0 and 1. */
public final class Wilson {

    /** The 97.5 % quantile of the normal distribution. */
    private static final double Z95 = 1.959963984540054;

    private Wilson() {}

    /**
     * The 95 % interval.
     *
     * @param share observed share, in [0, 1]
     * @param n sample size, at least 1
     */
    public static Interval interval95(double share, int n) {
        if (n < 1 || !(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("share " + share + " of " + n);
        }
        double z2 = Z95 * Z95;
        double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
        double half = Z95 * Math.sqrt(share * (1 - share) / n + z2 / (4.0 * n * n)) / (1 + z2 / n);
        double low = share == 0 ? 0 : Math.max(0, centre - half);
        double high = share == 1 ? 1 : Math.min(1, centre + half);
        return new Interval(low, high, "Wilson over " + n + " task(s)");
    }
}
