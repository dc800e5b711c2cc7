package dev.outrider.slm;

import java.util.BitSet;
import java.util.List;

import dev.outrider.slm.grammar.GrammarConstraint;

/** Holds an answer to a grammar, and remembers where only the lack of room decided. One instance per answer. */
final class AnswerConstraint implements TokenConstraint {

    private static final int[] NOTHING = {};

    private final GrammarConstraint grammar;
    private final boolean forcing;
    private final BitSet narrowed = new BitSet();
    private int taken;

    /** @param forcing whether tokens without an alternative are appended without asking the model for its opinion of them */
    AnswerConstraint(GrammarConstraint grammar, boolean forcing) {
        this.grammar = grammar;
        this.forcing = forcing;
    }

    /** Takes tokens that stand in front of what the model is asked for. */
    AnswerConstraint behind(int[] opening) {
        for (int token : opening) {
            grammar.accept(token);
        }
        return this;
    }

    @Override
    public long[] mask(int remaining) {
        narrowed.set(taken, grammar.isNarrow(remaining));
        return grammar.mask(remaining).bits();
    }

    @Override
    public int[] forced() {
        return forcing ? grammar.forced() : NOTHING;
    }

    @Override
    public void accept(int token) {
        grammar.accept(token);
        taken++;
    }

    @Override
    public boolean isOver() {
        return grammar.isOver();
    }

    /**
     * Whether the end of the room for the answer, and not the model, decided a token of it: the answer has the right form, and is cut
     * short all the same.
     *
     * @param generated all generated tokens; the last of them are those that were accepted
     */
    boolean cutShort(List<GeneratedToken> generated) {
        List<GeneratedToken> accepted = generated.subList(Math.max(0, generated.size() - taken), generated.size());
        return narrowed.stream()
                .filter(place -> place < accepted.size())
                .mapToObj(accepted::get)
                .anyMatch(token -> token.maskedMass() > Math.exp(token.logProbability()));
    }
}
