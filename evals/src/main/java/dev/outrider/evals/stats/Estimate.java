package dev.outrider.evals.stats;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A figure with its 95 % interval; unlike an {@link Interval} it may leave [0, 1].
 *
 * @param value the figure
 * @param low lower end
 * @param high upper end
 */
public record Estimate(double value, double low, double high) {

    /**
     * A figure of sums.
     *
     * @param totals sums over everything
     * @param samples sums of samples of the clusters
     * @param figure of sums; NaN where it cannot be had
     * @return null when the figure cannot be had
     */
    public static @Nullable Estimate of(double[] totals, double[][] samples, ToDoubleFunction<double[]> figure) {
        double value = totals.length == 0 ? Double.NaN : figure.applyAsDouble(totals);
        if (Double.isNaN(value)) {
            return null;
        }
        double[] drawn = sorted(samples, figure);
        return drawn.length == 0
                ? new Estimate(value, value, value)
                : new Estimate(value, Quantiles.ofSorted(drawn, 0.025), Quantiles.ofSorted(drawn, 0.975));
    }

    /**
     * A share, whose interval stays in [0, 1] and is Wilson's where the samples do not vary.
     *
     * @param units independent units
     */
    public static @Nullable Estimate ofShare(
            double[] totals, double[][] samples, int units, ToDoubleFunction<double[]> figure) {
        Estimate plain = of(totals, samples, figure);
        if (plain == null || plain.high - plain.low > 1e-12 || !(plain.value >= 0 && plain.value <= 1)) {
            return plain;
        }
        Interval wilson = Wilson.interval95(plain.value, Math.max(1, units));
        return new Estimate(plain.value, wilson.low(), wilson.high());
    }

    /** The 5 % quantile of the samples: the one-sided lower bound at 95 %. */
    static double lower(double[][] samples, ToDoubleFunction<double[]> figure) {
        double[] drawn = sorted(samples, figure);
        return drawn.length == 0 ? Double.NaN : Quantiles.ofSorted(drawn, 0.05);
    }

    private static double[] sorted(double[][] samples, ToDoubleFunction<double[]> figure) {
        return Arrays.stream(samples).mapToDouble(figure).filter(v -> !Double.isNaN(v)).sorted().toArray();
    }
}
