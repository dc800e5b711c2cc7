package dev.outrider.slm.state;

/**
 * Places in a prompt behind which other prompts may go on differently, so that a snapshot is worth its memory. Positions count the tokens
 * before the place; 0 stands for no such place.
 *
 * @param preamble behind the system prompt and the tools, which conversations share
 * @param turn behind the last whole turn, where the answer's turn begins
 */
public record Boundaries(int preamble, int turn) {

    /** Nothing to keep from the prompt; it is looked up all the same. */
    public static final Boundaries NONE = new Boundaries(0, 0);

    public Boundaries {
        if (preamble < 0 || turn < 0) {
            throw new IllegalArgumentException("boundaries " + preamble + " and " + turn + " must not be negative");
        }
    }

    /** The first place after a position, or {@code end} when there is none before it. */
    public int next(int position, int end) {
        int next = end;
        if (preamble > position) {
            next = Math.min(next, preamble);
        }
        if (turn > position) {
            next = Math.min(next, turn);
        }
        return next;
    }
}
