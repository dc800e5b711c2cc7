package dev.outrider.evals.stats;

/**
 * A confidence interval of a share.
 *
 * @param low lower end, in [0, 1]
 * @param high upper end, in [0, 1]
 * @param method how it was found, in a few words
 */
public record Interval(double low, double high, String method) {

    public Interval {
        if (!(0 <= low && low <= high && high <= 1)) {
            throw new IllegalArgumentException("no interval of a share: [" + low + ", " + high + "]");
        }
    }

    public double width() {
        return high - low;
    }
}
