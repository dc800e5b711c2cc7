package dev.outrider.evals.stats;

import java.util.random.RandomGenerator;

/**
 * Binomial random numbers by inversion from the mode outwards (L. Devroye, Non-Uniform Random Variate Generation, 1986, ch. X.4): about
 * as many steps as the standard deviation, however many trials.
 */
final class Binomial {

    private Binomial() {}

    /**
     * How many of {@code n} trials succeed.
     *
     * @param p in [0, 1]
     */
    static int draw(int n, double p, RandomGenerator random) {
        if (n == 0 || p <= 0) {
            return 0;
        }
        if (p >= 1) {
            return n;
        }
        int mode = (int) Math.min(n, Math.floor((n + 1.0) * p));
        double atMode = Math.exp(logFactorial(n) - logFactorial(mode) - logFactorial(n - mode) + mode * Math.log(p)
                + (n - mode) * Math.log1p(-p));
        double odds = p / (1 - p);
        double u = random.nextDouble() - atMode;
        int low = mode;
        int high = mode;
        double pLow = atMode;
        double pHigh = atMode;
        while (u > 0 && (low > 0 || high < n)) {
            if (high < n) {
                pHigh *= (n - high) / (high + 1.0) * odds;
                high++;
                u -= pHigh;
                if (u <= 0) {
                    return high;
                }
            }
            if (low > 0) {
                pLow *= low / (n - low + 1.0) / odds;
                low--;
                u -= pLow;
                if (u <= 0) {
                    return low;
                }
            }
            if (pLow == 0 && pHigh == 0) {
                // what rounding left of the probability
                return mode;
            }
        }
        return mode;
    }

    /** ln n!, by Stirling's series from 16 on (error below 1e-13), by the product before. */
    private static double logFactorial(int n) {
        if (n < 16) {
            double product = 1;
            for (int i = 2; i <= n; i++) {
                product *= i;
            }
            return Math.log(product);
        }
        double x = n + 1.0;
        return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x * x * x) + 1 / (1260 * Math.pow(x, 5));
    }
}
