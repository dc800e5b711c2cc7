package dev.outrider.router;

/** Why a query got no answer at all. */
public enum RefusalReason {
    /** A rule of the policy says so, or keeps the query local while the local answer is not good enough. */
    RULE,
    /** The LLM was needed and the money budget has nothing left. */
    BUDGET_EXHAUSTED,
    /** The LLM was needed and could not be reached, answered an error or gave garbage. */
    REMOTE_FAILED,
    /** The LLM was needed and none is configured. */
    NO_REMOTE,
    /** The caller was interrupted while the query was being answered. */
    CANCELLED
}
