package dev.outrider.router.calibration;

import java.util.Set;

/**
 * Turns evidence into the probability that the answer is right. Both kinds never fall as the least certain decision's
 * probability grows while the rest stays the same: a surer answer is never trusted less.
 */
public sealed interface Calibrator permits IsotonicCalibrator, LogisticCalibrator {

    /**
     * P(the answer is right | evidence), in [0, 1]; 0 when the evidence lacks a feature that this calibrator looks at,
     * for what is not known is not trusted.
     */
    double probability(EvidenceFeatures evidence);

    /** What it looks at. */
    Set<Feature> features();

    /** {@code isotonic} or {@code logistic}, and what it looks at, for people. */
    default String describe() {
        String kind =
                switch (this) {
                    case IsotonicCalibrator _ -> "isotonic";
                    case LogisticCalibrator _ -> "logistic";
                };
        return features().size() == 1 ? kind : kind + ", " + features().size() + " features";
    }
}
