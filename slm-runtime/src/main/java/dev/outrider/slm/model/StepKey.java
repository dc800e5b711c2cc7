package dev.outrider.slm.model;

/**
 * The shape of a step. Steps of one shape run the same operations on the same {@link Backend.Rows} and weights; what changes from one to
 * the next is the content of tokens, segments, states and requests.
 *
 * @param rows positions read
 * @param sequences sequences that they belong to
 * @param choices tokens chosen
 */
public record StepKey(int rows, int sequences, int choices) {

    /** Whether every sequence reads one token and chooses the next. */
    public boolean decode() {
        return rows == sequences && choices == sequences;
    }
}
