package dev.outrider.router.calibration;

/**
 * What a threshold is to keep.
 *
 * @param kind which risk
 * @param risk the most that it may be, in (0, 1)
 * @param confidence with which that is to be shown, in (0, 1)
 */
public record Target(RiskKind kind, double risk, double confidence) {

    /** The confidence that is used when nobody asks for another. */
    public static final double CONFIDENCE = 0.95;

    public Target {
        if (!(risk > 0 && risk < 1)) {
            throw new IllegalArgumentException("target risk must be between 0 and 1 but is " + risk
                    + "; 0.1 means that one in ten may be wrong");
        }
        if (!(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException(
                    "confidence must be between 0 and 1 but is " + confidence + "; 0.95 is usual");
        }
    }

    /** At a confidence of 95 %. */
    public static Target of(RiskKind kind, double risk) {
        return new Target(kind, risk, CONFIDENCE);
    }

    /**
     * Whether what keeps this target keeps the other one too. A conditional risk is never below the joint one at the same
     * threshold, for the joint one is the conditional one times the share that is accepted.
     */
    public boolean meets(Target other) {
        return risk <= other.risk
                && confidence >= other.confidence
                && (kind == other.kind || kind == RiskKind.CONDITIONAL);
    }

    /** {@code joint risk of at most 0.1}. */
    public String inWords() {
        return kind.word() + " risk of at most " + risk;
    }
}
