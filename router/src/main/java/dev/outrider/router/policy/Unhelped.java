package dev.outrider.router.policy;

/** What becomes of a query that wants the LLM when the LLM does not help. */
public enum Unhelped {
    /** It is refused. */
    REFUSE,
    /** A local answer of the right form and of small effect is taken although its evidence is too weak. */
    ANSWER_LOCALLY
}
