package dev.outrider.slm.model;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A loaded model: tokens in, logits or chosen tokens out. Not thread-safe: one thread at a time.
 *
 * <p>What a sequence computes depends on its own tokens alone, not on how they are cut into steps, and not on which other sequences share
 * them: as exactly as the {@link Backend} keeps rows apart.
 */
public interface LanguageModel {

    /** Most tokens that one step reads, over all its sequences. */
    int largestStep();

    /** Most sequences of one step. */
    int largestBatch();

    int contextLength();

    int vocabularySize();

    /** Width of the residual stream. */
    int hidden();

    /** One letter per layer, see {@link LayerKind#letter()}. */
    String pattern();

    /**
     * The state of a sequence without tokens.
     *
     * @param longest positions that the sequence will have at most
     */
    SequenceState newState(int longest);

    /**
     * Reads tokens of one or several sequences, each behind those that its state has seen.
     *
     * @param parts at least one and at most {@link #largestBatch()}, of different states; at most {@link #largestStep()} tokens
     *     together, none beyond the context
     * @param chosen receives at index {@code i} the token that part {@code i} asked for
     */
    void step(List<SequenceStep> parts, TokenChoice[] chosen);

    /**
     * The logits after some of the tokens of the latest {@link #step}.
     *
     * @param row which of the tokens read is the first, from 0 over all parts
     * @param count how many tokens
     * @param out receives {@link #vocabularySize()} values per token
     */
    void logits(int row, int count, float[] out);

    /** Bytes that {@link #save} writes for a sequence of so many positions. */
    long stateBytes(int positions);

    /** Names the layout of the saved bytes, see {@link Backend#stateLayout()}. */
    String stateLayout();

    /** Writes the exact state of a sequence: {@link #stateBytes} of its position. */
    void save(SequenceState state, MemorySegment to);

    /**
     * Turns the state of a sequence into a saved one, bit by bit.
     *
     * @param state of any content
     * @param position of the saved sequence
     * @param from what {@link #save} wrote on this model
     */
    void restore(SequenceState state, int position, MemorySegment from);
}
