package dev.outrider.router.calibration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Fits a {@link LogisticCalibrator} by Newton's method (iteratively reweighted least squares) on standardised features.
 *
 * <p>Minimised is Σ<sub>i</sub> [log(1 + e<sup>z<sub>i</sub></sup>) − t<sub>i</sub> z<sub>i</sub>] + ½ {@value #RIDGE}
 * Σ<sub>j</sub> w<sub>j</sub>², which is convex. The targets t are Platt's: (n₊ + 1)/(n₊ + 2) for right answers and
 * 1/(n₋ + 2) for wrong ones, so that the optimum is finite even where right and wrong are perfectly apart or one of
 * them is missing.
 *
 * <p>The weight of {@link Feature#WEAKEST_DECISION} must not be negative. Where the free optimum has it negative, the
 * constrained one of a convex function lies on the boundary, at 0, and is found by fitting the other features alone.
 */
final class LogisticFit {

    /** Strength of the ridge on standardised features; the intercept is free. */
    static final double RIDGE = 1.0;

    private static final int MOST_STEPS = 100;

    private final double[][] rows;
    private final double[] targets;

    private LogisticFit(double[][] rows, double[] targets) {
        this.rows = rows;
        this.targets = targets;
    }

    /** Fits answers; without any, the result is the constant ½. */
    static LogisticCalibrator fit(List<Feature> features, List<LabelledAnswer> answers) {
        boolean[] right = new boolean[answers.size()];
        for (int i = 0; i < right.length; i++) {
            right[i] = answers.get(i).right();
        }
        return fit(features, answers.stream().map(LabelledAnswer::evidence).toList(), right);
    }

    /** Fits any yes-or-no outcome to evidence. */
    static LogisticCalibrator fit(List<Feature> features, List<EvidenceFeatures> evidence, boolean[] outcomes) {
        List<Feature> inputs = new ArrayList<>();
        List<double[]> columns = new ArrayList<>();
        List<Double> means = new ArrayList<>();
        List<Double> scales = new ArrayList<>();
        for (Feature feature : features) {
            double[] column = evidence.stream().mapToDouble(feature::of).toArray();
            if (varies(column)) {
                double mean = Arrays.stream(column).sum() / column.length;
                double variance = Arrays.stream(column).map(x -> (x - mean) * (x - mean)).sum() / column.length;
                inputs.add(feature);
                columns.add(column);
                means.add(mean);
                scales.add(Math.sqrt(variance));
            }
        }
        double[][] rows = new double[evidence.size()][inputs.size() + 1];
        for (int i = 0; i < rows.length; i++) {
            rows[i][0] = 1;
            for (int j = 0; j < inputs.size(); j++) {
                rows[i][j + 1] = (columns.get(j)[i] - means.get(j)) / scales.get(j);
            }
        }
        LogisticFit fit = new LogisticFit(rows, platt(outcomes));
        double[] w = fit.newton();
        int weakest = inputs.indexOf(Feature.WEAKEST_DECISION);
        if (weakest >= 0 && w[weakest + 1] < 0) {
            List<Feature> others =
                    features.stream().filter(f -> f != Feature.WEAKEST_DECISION).toList();
            return fit(others, evidence, outcomes);
        }
        List<Double> weights = Arrays.stream(w).skip(1).boxed().toList();
        return new LogisticCalibrator(inputs, means, scales, weights, w[0]);
    }

    /** A feature that is the same everywhere, or is not known somewhere, tells nothing. */
    private static boolean varies(double[] column) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (double value : column) {
            if (Double.isNaN(value)) {
                return false;
            }
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        return most - least > 1e-9;
    }

    private static double[] platt(boolean[] outcomes) {
        int yes = 0;
        for (boolean outcome : outcomes) {
            yes += outcome ? 1 : 0;
        }
        double high = (yes + 1.0) / (yes + 2.0);
        double low = 1.0 / (outcomes.length - yes + 2.0);
        double[] targets = new double[outcomes.length];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = outcomes[i] ? high : low;
        }
        return targets;
    }

    private double[] newton() {
        int p = rows.length == 0 ? 1 : rows[0].length;
        Point at = new Point(new double[p]);
        for (int step = 0; step < MOST_STEPS && rows.length > 0; step++) {
            if (Arrays.stream(at.gradient).allMatch(g -> Math.abs(g) < 1e-9 * rows.length)) {
                break;
            }
            double[] direction = solve(at.hessian, at.gradient);
            Point next = at;
            // far from the optimum a full step may overshoot; a convex function falls along a short enough one
            for (double length = 1; length > 1e-10 && !(next.loss < at.loss); length /= 2) {
                next = new Point(at.moved(direction, length));
            }
            if (!(next.loss < at.loss)) {
                break;
            }
            at = next;
        }
        return at.w;
    }

    /** The function at one place, with its first and second derivatives. */
    private final class Point {
        private final double[] w;
        private final double[] gradient;
        /** The lower half. */
        private final double[][] hessian;

        private final double loss;

        private Point(double[] w) {
            this.w = w;
            this.gradient = new double[w.length];
            this.hessian = new double[w.length][w.length];
            double sum = 0;
            for (int j = 1; j < w.length; j++) {
                sum += 0.5 * RIDGE * w[j] * w[j];
                gradient[j] = RIDGE * w[j];
                hessian[j][j] = RIDGE;
            }
            for (int i = 0; i < rows.length; i++) {
                double[] row = rows[i];
                double z = 0;
                for (int j = 0; j < w.length; j++) {
                    z += row[j] * w[j];
                }
                // log(1 + e^z) and 1 / (1 + e^-z) without overflow
                double small = Math.exp(-Math.abs(z));
                sum += Math.max(z, 0) + Math.log1p(small) - targets[i] * z;
                double q = (z >= 0 ? 1 : small) / (1 + small);
                for (int j = 0; j < w.length; j++) {
                    gradient[j] += (q - targets[i]) * row[j];
                    for (int k = 0; k <= j; k++) {
                        hessian[j][k] += q * (1 - q) * row[j] * row[k];
                    }
                }
            }
            this.loss = sum;
        }

        private double[] moved(double[] direction, double length) {
            double[] next = w.clone();
            for (int j = 0; j < next.length; j++) {
                next[j] -= length * direction[j];
            }
            return next;
        }
    }

    /** Solves H d = g for a symmetric positive definite H, given by its lower half, by Cholesky's decomposition. */
    static double[] solve(double[][] h, double[] g) {
        int n = g.length;
        double[][] l = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = h[i][j];
                for (int k = 0; k < j; k++) {
                    sum -= l[i][k] * l[j][k];
                }
                // an intercept whose every probability is 0 or 1 in floating point leaves nothing on the diagonal
                l[i][j] = i == j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / l[j][j];
            }
        }
        double[] d = new double[n];
        for (int i = 0; i < n; i++) {
            double sum = g[i];
            for (int k = 0; k < i; k++) {
                sum -= l[i][k] * d[k];
            }
            d[i] = sum / l[i][i];
        }
        for (int i = n - 1; i >= 0; i--) {
            double sum = d[i];
            for (int k = i + 1; k < n; k++) {
                sum -= l[k][i] * d[k];
            }
            d[i] = sum / l[i][i];
        }
        return d;
    }
}
