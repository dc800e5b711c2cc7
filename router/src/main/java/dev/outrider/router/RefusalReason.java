package dev.outrider.router;

/** Why a query got no answer at all. */
public enum RefusalReason {
    /** A workload of the policy says so, or keeps the query local while the local answer is not good enough. */
    RULE,
    /** A budget has nothing left. */
    BUDGET_EXHAUSTED,
    /** It cannot be told what the budgets have left, so nothing may be spent. */
    BUDGET_UNKNOWN,
    /** The LLM was needed and could not be reached, answered an error or gave garbage. */
    REMOTE_FAILED,
    /** The LLM was needed and is known to be no better on this workload, so it was not paid. */
    REMOTE_NO_BETTER,
    /** The LLM was needed and none is configured. */
    NO_REMOTE,
    /** The caller was interrupted while the query was being answered. */
    CANCELLED
}
