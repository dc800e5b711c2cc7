package dev.outrider.slm.chat;

import dev.outrider.slm.state.Boundaries;

/**
 * A conversation as a model reads it.
 *
 * @param tokens up to where the answer begins
 * @param boundaries where other conversations may go on differently
 * @param opening tokens that the answer begins with; they go behind {@code tokens}, and in front of what the model generates when the
 *     answer is parsed. Often none
 * @param thinks whether the opening leaves a thought open
 */
@SuppressWarnings("ArrayRecordComponent") // handed to an engine, never compared
public record Prompt(int[] tokens, Boundaries boundaries, int[] opening, boolean thinks) {

    /** A conversation whose answer begins with whatever the model says. */
    public Prompt(int[] tokens, Boundaries boundaries) {
        this(tokens, boundaries, new int[0], false);
    }

    /** The same with or without thoughts in front of the answer. */
    Prompt with(ThoughtMarkers thoughts, boolean thinks) {
        return new Prompt(tokens, boundaries, thinks ? thoughts.opening() : thoughts.none(), thinks);
    }
}
