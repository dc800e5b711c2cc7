package dev.outrider.slm.model;

/** A loaded model: tokens in, logits out. Not thread-safe: the engine lets one caller in at a time. */
public interface LanguageModel {

    /** Most tokens that {@link #read} takes at once. */
    int largestChunk();

    int contextLength();

    int vocabularySize();

    /** Width of the residual stream. */
    int hidden();

    /** One letter per layer, see {@link LayerKind#letter()}. */
    String pattern();

    /** The state of a sequence without tokens. */
    SequenceState newState();

    /**
     * Reads tokens that follow those the state has seen.
     *
     * @param tokens ids, each below {@link #vocabularySize()}
     * @param from index of the first token to read
     * @param count tokens to read, at most {@link #largestChunk()} and not beyond the context
     */
    void read(SequenceState state, int[] tokens, int from, int count);

    /**
     * The logits after some of the tokens of the latest {@link #read}.
     *
     * @param row which of the tokens read is the first, from 0
     * @param count how many tokens
     * @param out receives {@link #vocabularySize()} values per token
     */
    void logits(int row, int count, float[] out);
}
