package dev.outrider.router;

/** Why a query went to the LLM. */
public enum EscalationReason {
    /** A rule of the policy says so, before the SLM was asked. */
    RULE,
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
    /** The least certain decision token is below what the policy demands. */
    LOW_CONFIDENCE;

    /** Whether the SLM was asked, so that its failed attempt must be charged. */
    public boolean localAttempted() {
        return this != RULE;
    }

    /** Whether the local answer had the right form, so that only the evidence speaks against it. */
    public boolean answerWasWellFormed() {
        return this == NO_EVIDENCE || this == LOW_CONFIDENCE;
    }
}
