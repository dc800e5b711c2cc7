package dev.outrider.router.policy;

/** What decides where no calibration table knows the workload. */
public enum Uncalibrated {
    /** Nothing is accepted: too little evidence goes to the LLM. */
    ESCALATE,
    /**
     * The probability of the least certain decision token must reach {@code min-probability}. Such a number is typed,
     * not earned: it bounds no risk, and decisions that rest on it say so.
     */
    THRESHOLD
}
