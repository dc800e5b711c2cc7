package dev.outrider.slm.model;

import org.jspecify.annotations.Nullable;

/**
 * How to choose the next token of one sequence.
 *
 * @param temperature 0 takes the most likely token, of several equally likely ones the lowest id; above 0 the logits are divided by it
 *     and a token is drawn
 * @param topP draws only from the smallest set of most likely tokens whose probabilities sum to at least this (arXiv 1904.09751); in
 *     (0, 1]. Of several equally likely tokens at its edge those of lowest id belong to it
 * @param topK draws only from so many of the most likely tokens that the mask allows, before {@code topP} is applied to the probabilities
 *     that are left; of several equally likely ones at the edge those of lowest id. 0 sets no bound
 * @param seed of this sequence
 * @param position of the token that is chosen, from 0
 * @param mask one bit per token, bit {@code id % 64} of element {@code id / 64}; set where the token is allowed. Null allows all
 */
@SuppressWarnings("ArrayRecordComponent") // a mask is handed through, never compared
public record ChoiceRequest(float temperature, float topP, int topK, long seed, long position, long @Nullable [] mask) {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    /** The most likely token. */
    public static final ChoiceRequest GREEDY = new ChoiceRequest(0, 1, 0, 0, null);

    public ChoiceRequest {
        if (!(temperature >= 0) || !(topP > 0 && topP <= 1) || topK < 0) {
            throw new IllegalArgumentException(
                    "temperature " + temperature + ", topP " + topP + " or topK " + topK + " is impossible");
        }
    }

    /** A request without a bound on the number of tokens. */
    public ChoiceRequest(float temperature, float topP, long seed, long position, long @Nullable [] mask) {
        this(temperature, topP, 0, seed, position, mask);
    }

    /** A request that allows every token. */
    public static ChoiceRequest of(float temperature, float topP, long seed, long position) {
        return of(temperature, topP, 0, seed, position);
    }

    /** A request that allows every token and draws from the {@code topK} most likely ones. */
    public static ChoiceRequest of(float temperature, float topP, int topK, long seed, long position) {
        return new ChoiceRequest(temperature, topP, topK, seed, position, null);
    }

    /** Whether a token is allowed. */
    public boolean allows(int token) {
        return mask == null || (mask[token >> 6] >>> token & 1) != 0;
    }

    /**
     * The number in [0, 1) that decides the draw: it depends on seed and position alone, so that a sequence is continued in the same way
     * whatever else runs, and wherever it was interrupted. It is output number {@code position} of SplitMix64 (G. Steele, D. Lea,
     * C. Flood, OOPSLA 2014) started with {@code seed}, its upper 53 bits as a fraction.
     */
    public double uniform() {
        long z = seed + (position + 1) * GOLDEN_GAMMA;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return ((z ^ (z >>> 31)) >>> 11) * 0x1p-53;
    }
}
