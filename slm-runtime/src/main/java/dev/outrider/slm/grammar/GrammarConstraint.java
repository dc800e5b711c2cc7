package dev.outrider.slm.grammar;

/**
 * One text on its way through a grammar: asked for the tokens that may come next, told the one that was taken. Not thread-safe; one
 * per answer.
 *
 * <pre>{@code
 * GrammarConstraint constraint = vocabulary.constrain(Grammar.json(schema, Layout.COMPACT));
 * while (!constraint.isOver()) {
 *     int token = choose(logits, constraint.mask(tokensLeft));
 *     constraint.accept(token);
 * }
 * }</pre>
 */
public final class GrammarConstraint {

    private final GrammarVocabulary vocabulary;
    private GrammarState state;

    GrammarConstraint(GrammarState start, GrammarVocabulary vocabulary) {
        this.state = start;
        this.vocabulary = vocabulary;
    }

    /**
     * The tokens that may come next.
     *
     * @param remaining tokens that the text may still take, this one included; when they run short, only tokens are left from
     *     which the text can be finished in time
     * @throws GrammarException when it cannot be finished within so many tokens
     */
    public TokenMask mask(int remaining) {
        if (state.shortest() > remaining) {
            throw new GrammarException("the text needs at least " + state.shortest() + " more tokens in the worst case, but only "
                    + remaining + " are left; allow longer answers");
        }
        return vocabulary.mask(state, remaining);
    }

    /** Whether with so many tokens left, this one included, some are forbidden for no other reason than that the text must end in time. */
    public boolean isNarrow(int remaining) {
        return vocabulary.isNarrow(state, remaining);
    }

    /** The tokens that must come next whatever the model says; often none. */
    public int[] forced() {
        return vocabulary.forced(state);
    }

    /**
     * Goes on by one token.
     *
     * @throws IllegalArgumentException when the grammar does not allow it; the constraint stays where it was
     */
    public void accept(int token) {
        GrammarState after = vocabulary.after(state, token);
        if (after == GrammarState.DEAD) {
            throw new IllegalArgumentException("the grammar does not allow token " + token + " here");
        }
        state = after;
    }

    /** Whether what was written so far is a whole text of the grammar, so that it may end. */
    public boolean isComplete() {
        return state.complete();
    }

    /** Whether nothing can follow. */
    public boolean isOver() {
        return state.complete() && vocabulary.isEnd(state);
    }

    /** The same text so far, to be gone on with on its own. */
    public GrammarConstraint fork() {
        return new GrammarConstraint(state, vocabulary);
    }

    /** The least number of tokens, a byte each, that it takes to finish. */
    public int shortest() {
        return state.shortest();
    }
}
