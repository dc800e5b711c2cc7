package dev.outrider.evals.run;

/** Where the answer to a query came from. */
public enum Route {
    /** The SLM's answer was taken. */
    LOCAL,
    /** The LLM answered. */
    REMOTE,
    /** The cascade answered nothing: a rule, the budget, an LLM that was needed and failed. */
    REFUSED,
    /** Something threw; the query counts as wrong. */
    FAILED,
    /** A gold step that a live run ended before; an LLM-only agent would have sent it, so it counts, as wrong. */
    NOT_REACHED
}
