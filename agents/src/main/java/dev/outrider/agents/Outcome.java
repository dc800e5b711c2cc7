package dev.outrider.agents;

/** How an agent's run ended. */
public enum Outcome {
    /** The model gave a final text. */
    ANSWERED,
    /** The model still wanted to call tools when its queries were used up. */
    STEP_LIMIT,
    /** The cascade refused a query: a rule, the budget, or an LLM that was needed and could not answer. */
    REFUSED,
    /** The model failed, or answered with neither text nor a call. */
    FAILED,
    /** The thread was interrupted. */
    CANCELLED;

    /** Whether the person who asked has an answer. */
    public boolean succeeded() {
        return this == ANSWERED;
    }
}
