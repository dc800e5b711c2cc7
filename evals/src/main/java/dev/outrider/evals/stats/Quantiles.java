package dev.outrider.evals.stats;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/** Quantiles by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, the default of R and NumPy). */
public final class Quantiles {

    private Quantiles() {}

    /** A quantile of values in any order; empty when there are none. */
    public static OptionalDouble of(DoubleStream values, double p) {
        double[] sorted = values.sorted().toArray();
        return sorted.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(ofSorted(sorted, p));
    }

    /**
     * A quantile of sorted values.
     *
     * @param p in [0, 1]
     */
    static double ofSorted(double[] sorted, double p) {
        if (sorted.length == 0 || !(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException("quantile " + p + " of " + Arrays.toString(sorted));
        }
        double at = p * (sorted.length - 1);
        int below = (int) Math.floor(at);
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
