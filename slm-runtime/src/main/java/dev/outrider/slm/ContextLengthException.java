package dev.outrider.slm;

/** A request that needs more positions than the model's context holds. Thrown before any computation. */
public final class ContextLengthException extends SlmException {

    private final int tokens;
    private final int limit;

    /**
     * @param tokens positions asked for
     * @param limit positions that the model's context holds
     */
    public ContextLengthException(int tokens, int limit) {
        super("the request needs " + tokens + " tokens but the model's context holds " + limit
                + ": shorten the request or use a model with a longer context");
        this.tokens = tokens;
        this.limit = limit;
    }

    /** Positions asked for. */
    public int tokens() {
        return tokens;
    }

    /** Positions that the model's context holds. */
    public int limit() {
        return limit;
    }
}
