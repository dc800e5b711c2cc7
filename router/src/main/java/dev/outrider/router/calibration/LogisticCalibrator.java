package dev.outrider.router.calibration;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Logistic regression on a few features: P = 1 / (1 + exp(−(b + Σ w<sub>j</sub> (x<sub>j</sub> − m<sub>j</sub>) /
 * s<sub>j</sub>))). With one feature this is Platt's scaling (J. Platt, Advances in Large Margin Classifiers, 1999).
 * {@link LogisticFit} fits it.
 *
 * @param inputs what is looked at, in order; empty for a constant
 * @param means m, one per input
 * @param scales s, one per input, above 0
 * @param weights w, one per input; that of {@link Feature#WEAKEST_DECISION} is not negative
 * @param intercept b
 */
public record LogisticCalibrator(
        List<Feature> inputs, List<Double> means, List<Double> scales, List<Double> weights, double intercept)
        implements Calibrator {

    public LogisticCalibrator {
        inputs = List.copyOf(inputs);
        means = List.copyOf(means);
        scales = List.copyOf(scales);
        weights = List.copyOf(weights);
        int n = inputs.size();
        if (means.size() != n || scales.size() != n || weights.size() != n) {
            throw new IllegalArgumentException("every input needs a mean, a scale and a weight");
        }
        for (int i = 0; i < n; i++) {
            if (!(scales.get(i) > 0) || !Double.isFinite(means.get(i)) || !Double.isFinite(weights.get(i))) {
                throw new IllegalArgumentException("impossible scale, mean or weight of " + inputs.get(i));
            }
            if (inputs.get(i) == Feature.WEAKEST_DECISION && weights.get(i) < 0) {
                throw new IllegalArgumentException("a surer answer would be trusted less");
            }
        }
        if (!Double.isFinite(intercept)) {
            throw new IllegalArgumentException("impossible intercept " + intercept);
        }
    }

    @Override
    public double probability(EvidenceFeatures evidence) {
        double z = intercept;
        for (int i = 0; i < inputs.size(); i++) {
            z += weights.get(i) * (inputs.get(i).of(evidence) - means.get(i)) / scales.get(i);
        }
        return Double.isNaN(z) ? 0 : 1 / (1 + Math.exp(-z));
    }

    @Override
    public Set<Feature> features() {
        return new LinkedHashSet<>(inputs);
    }
}
