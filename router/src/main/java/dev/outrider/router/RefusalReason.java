package dev.outrider.router;

/** Why a query got no answer at all. */
public enum RefusalReason {
    /** A rule of the policy says so. */
    RULE,
    /** The LLM was needed and the money budget has nothing left. */
    BUDGET_EXHAUSTED,
    /** The LLM was needed and could not be reached, answered an error or gave garbage. */
    REMOTE_FAILED,
    /** The LLM was needed and none is configured. */
    NO_REMOTE
}
