package dev.outrider.router.calibration;

/** A number that a calibrator may look at, on a scale on which a straight line makes sense. */
public enum Feature {
    /** Log-odds of the least certain decision's probability. Calibrators never fall as it grows. */
    WEAKEST_DECISION {
        @Override
        public double of(EvidenceFeatures evidence) {
            return logOdds(evidence.minDecisionProbability());
        }
    },
    /** Smallest top-2 margin of the decisions, in [0, 1]. */
    SMALLEST_MARGIN {
        @Override
        public double of(EvidenceFeatures evidence) {
            return evidence.minDecisionMargin();
        }
    },
    /** Mean log-probability of the decisions, in nats. */
    MEAN_LOG_PROBABILITY {
        @Override
        public double of(EvidenceFeatures evidence) {
            return Math.max(evidence.meanDecisionLogProbability(), -MOST_NATS);
        }
    },
    /** Log-probability of the whole answer, in nats. */
    SUM_LOG_PROBABILITY {
        @Override
        public double of(EvidenceFeatures evidence) {
            return Math.max(evidence.sumLogProbability(), -MOST_NATS);
        }
    },
    /** Log-odds of the probability that the tools are the named ones. */
    TOOL_NAME {
        @Override
        public double of(EvidenceFeatures evidence) {
            return logOdds(evidence.toolNameProbability());
        }
    },
    /** Probability that a grammar had to mask away, in [0, 1]. */
    MASKED_MASS {
        @Override
        public double of(EvidenceFeatures evidence) {
            return evidence.maskedMass();
        }
    },
    /** Logarithm of one more than the number of decisions. */
    DECISIONS {
        @Override
        public double of(EvidenceFeatures evidence) {
            return Math.log1p(evidence.decisionTokens());
        }
    };

    /** Probabilities are 32-bit floats: beyond this they are rounding, and their log-odds would run away. */
    private static final double CERTAINTY = 1e-7;

    /** Log-probabilities below this say no more than "never"; a single outlier must not dominate a fit. */
    private static final double MOST_NATS = 50;

    /** The value, NaN when the evidence does not hold it. */
    public abstract double of(EvidenceFeatures evidence);

    private static double logOdds(double probability) {
        double p = Math.clamp(probability, CERTAINTY, 1 - CERTAINTY);
        return Math.log(p / (1 - p));
    }
}
