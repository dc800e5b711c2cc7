package dev.outrider.router.calibration;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/** How good predicted probabilities are, on answers that they were not fitted to. */
public final class Scores {

    /** Bins of {@link #reliability} and of {@link #ece}, of equal width on [0, 1]. */
    public static final int BINS = 10;

    private Scores() {}

    /**
     * One bin of a reliability diagram.
     *
     * @param from lower end, included
     * @param to upper end, excluded but for the last bin
     * @param n answers in it
     * @param predicted mean of the predicted probabilities; 0 when empty
     * @param right share of right answers; 0 when empty
     */
    public record Bin(double from, double to, int n, double predicted, double right) {}

    /**
     * One point of a risk-coverage curve.
     *
     * @param threshold accepted is what reaches it
     * @param coverage accepted share of all answers
     * @param conditional wrong share of the accepted answers
     * @param joint accepted and wrong share of all answers
     */
    public record Point(double threshold, double coverage, double conditional, double joint) {}

    /** Bins of equal width on [0, 1] (M. P. Naeini, G. F. Cooper and M. Hauskrecht, AAAI 2015). */
    public static List<Bin> reliability(List<Scored> scored) {
        int[] n = new int[BINS];
        double[] predicted = new double[BINS];
        double[] right = new double[BINS];
        for (Scored s : scored) {
            int bin = Math.min(BINS - 1, (int) (s.probability() * BINS));
            n[bin]++;
            predicted[bin] += s.probability();
            right[bin] += s.right() ? 1 : 0;
        }
        List<Bin> bins = new ArrayList<>();
        for (int i = 0; i < BINS; i++) {
            double of = Math.max(1, n[i]);
            bins.add(new Bin(i / (double) BINS, (i + 1) / (double) BINS, n[i], predicted[i] / of, right[i] / of));
        }
        return bins;
    }

    /** Expected calibration error over {@link #reliability}: the mean distance of prediction and truth; empty without answers. */
    public static OptionalDouble ece(List<Scored> scored) {
        if (scored.isEmpty()) {
            return OptionalDouble.empty();
        }
        double sum = 0;
        for (Bin bin : reliability(scored)) {
            sum += bin.n() * Math.abs(bin.predicted() - bin.right());
        }
        return OptionalDouble.of(sum / scored.size());
    }

    /** Mean squared distance of prediction and truth (G. W. Brier, 1950); empty without answers. */
    public static OptionalDouble brier(List<Scored> scored) {
        return scored.stream()
                .mapToDouble(s -> (s.right() ? 1 : 0) - s.probability())
                .map(d -> d * d)
                .average();
    }

    /**
     * The probability that a right answer scores above a wrong one, ties counting half (Mann and Whitney, 1947); empty
     * when right or wrong ones are missing.
     */
    public static OptionalDouble auroc(List<Scored> scored) {
        List<Scored> sorted = scored.stream().sorted(Comparator.comparingDouble(Scored::probability)).toList();
        double above = 0;
        long wrongBelow = 0;
        long rights = 0;
        for (int at = 0; at < sorted.size(); ) {
            int end = at;
            long right = 0;
            long wrong = 0;
            while (end < sorted.size() && sorted.get(end).probability() == sorted.get(at).probability()) {
                if (sorted.get(end).right()) {
                    right++;
                } else {
                    wrong++;
                }
                end++;
            }
            above += right * (wrongBelow + wrong / 2.0);
            wrongBelow += wrong;
            rights += right;
            at = end;
        }
        return rights == 0 || wrongBelow == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(above / rights / wrongBelow);
    }

    /** One point for every distinct probability, the strictest first. */
    public static List<Point> riskCoverage(List<Scored> scored) {
        List<Scored> sorted = scored.stream()
                .sorted(Comparator.comparingDouble(Scored::probability).reversed())
                .toList();
        List<Point> points = new ArrayList<>();
        int wrong = 0;
        for (int i = 0; i < sorted.size(); i++) {
            Scored s = sorted.get(i);
            wrong += s.right() ? 0 : 1;
            boolean last = i + 1 == sorted.size();
            if (last || sorted.get(i + 1).probability() != s.probability()) {
                double n = sorted.size();
                points.add(new Point(s.probability(), (i + 1) / n, wrong / (i + 1.0), wrong / n));
            }
        }
        return points;
    }
}
