package dev.outrider.router;

/** Why a query went to the LLM. */
public enum EscalationReason {
    /** A workload of the policy says so. */
    RULE,
    /** The LLM began the tool loop that the query goes on with. */
    TOOL_LOOP,
    /** The workload is in shadow mode: the LLM answers, the SLM is asked off the caller's path. */
    SHADOW,
    /** The workload is in observe mode: the SLM's answer would have been taken. */
    OBSERVED,
    /** The SLM failed or was cut off (an error, the context's end, the output limit). */
    LOCAL_FAILED,
    /**
     * The answer does not have the form that was asked for: a tool call that leaked into the text, text where a call is
     * required, prose where JSON is required.
     */
    MALFORMED_ANSWER,
    /** The SLM named a tool that was not offered. */
    UNKNOWN_TOOL,
    /** The call's arguments break the tool's JSON Schema. */
    INVALID_ARGUMENTS,
    /** The answer carries no evidence to judge it by. */
    NO_EVIDENCE,
    /** The probability that the answer is right is below what the policy demands. */
    LOW_CONFIDENCE,
    /** Too little is known about such answers: no calibration meets what the policy demands. */
    UNCALIBRATED,
    /** The calibration table is too old. */
    CALIBRATION_EXPIRED,
    /** Audits found that the calibration no longer holds. */
    CALIBRATION_SUSPENDED;

    /** Whether the local answer had the right form, so that only the evidence speaks against it, if anything does. */
    public boolean answerWasWellFormed() {
        return switch (this) {
            case OBSERVED, NO_EVIDENCE, LOW_CONFIDENCE, UNCALIBRATED, CALIBRATION_EXPIRED, CALIBRATION_SUSPENDED -> true;
            case RULE, TOOL_LOOP, SHADOW, LOCAL_FAILED, MALFORMED_ANSWER, UNKNOWN_TOOL, INVALID_ARGUMENTS -> false;
        };
    }
}
