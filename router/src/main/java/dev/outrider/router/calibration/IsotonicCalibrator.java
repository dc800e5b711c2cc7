package dev.outrider.router.calibration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The least-squares fit among all functions that never fall, by pool adjacent violators, read off by linear
 * interpolation between the ends of its steps and constant beyond them.
 *
 * <p>Sources: M. Ayer et al., Annals of Mathematical Statistics 26 (1955), for the algorithm; B. Zadrozny and C. Elkan,
 * KDD 2002, for its use on classifier scores. Values are kept within [1/(n + 2), 1 − 1/(n + 2)] for n answers: a run of
 * right answers shows no certainty (Laplace's rule), and a log-loss stays finite.
 *
 * @param feature what is looked at
 * @param x places on the feature's scale, ascending strictly
 * @param y probabilities there, never falling, in [0, 1]
 */
public record IsotonicCalibrator(Feature feature, List<Double> x, List<Double> y) implements Calibrator {

    public IsotonicCalibrator {
        x = List.copyOf(x);
        y = List.copyOf(y);
        if (x.isEmpty() || x.size() != y.size()) {
            throw new IllegalArgumentException(x.size() + " places but " + y.size() + " values");
        }
        for (int i = 0; i < x.size(); i++) {
            if (!(y.get(i) >= 0 && y.get(i) <= 1) || !Double.isFinite(x.get(i))) {
                throw new IllegalArgumentException("place " + x.get(i) + " has the value " + y.get(i));
            }
            if (i > 0 && (x.get(i) <= x.get(i - 1) || y.get(i) < y.get(i - 1))) {
                throw new IllegalArgumentException("places and values must ascend but do not at " + x.get(i));
            }
        }
    }

    @Override
    public double probability(EvidenceFeatures evidence) {
        double at = feature.of(evidence);
        if (Double.isNaN(at)) {
            return 0;
        }
        int found = Collections.binarySearch(x, at);
        if (found >= 0) {
            return y.get(found);
        }
        int above = -found - 1;
        if (above == 0) {
            return y.getFirst();
        }
        if (above == x.size()) {
            return y.getLast();
        }
        double low = x.get(above - 1);
        double high = x.get(above);
        double share = (at - low) / (high - low);
        return Math.min(y.get(above), y.get(above - 1) + share * (y.get(above) - y.get(above - 1)));
    }

    @Override
    public Set<Feature> features() {
        return Set.of(feature);
    }

    /**
     * Fits answers.
     *
     * @param answers at least one
     */
    static IsotonicCalibrator fit(Feature feature, List<LabelledAnswer> answers) {
        double[] scores = new double[answers.size()];
        double[] labels = new double[answers.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = feature.of(answers.get(i).evidence());
            labels[i] = answers.get(i).right() ? 1 : 0;
        }
        double least = 1.0 / (answers.size() + 2);
        List<Double> x = new ArrayList<>();
        List<Double> y = new ArrayList<>();
        for (Step step : steps(scores, labels)) {
            double value = Math.clamp(step.mean(), least, 1 - least);
            x.add(step.from);
            y.add(value);
            if (step.to > step.from) {
                x.add(step.to);
                y.add(value);
            }
        }
        return new IsotonicCalibrator(feature, x, y);
    }

    /** A stretch of the score on which the fit is constant. */
    static final class Step {
        final double from;
        double to;
        double sum;
        int weight;

        private Step(double at) {
            this.from = at;
            this.to = at;
        }

        double mean() {
            return sum / weight;
        }
    }

    /** Pool adjacent violators; equal scores are pooled first, for a function has one value there. */
    static List<Step> steps(double[] scores, double[] labels) {
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
        List<Step> steps = new ArrayList<>();
        for (int at = 0; at < order.length; ) {
            Step step = new Step(scores[order[at]]);
            while (at < order.length && scores[order[at]] == step.from) {
                step.sum += labels[order[at]];
                step.weight++;
                at++;
            }
            steps.add(step);
            while (steps.size() > 1 && steps.get(steps.size() - 2).mean() >= steps.getLast().mean()) {
                Step last = steps.removeLast();
                Step kept = steps.getLast();
                kept.to = last.to;
                kept.sum += last.sum;
                kept.weight += last.weight;
            }
        }
        return steps;
    }
}
