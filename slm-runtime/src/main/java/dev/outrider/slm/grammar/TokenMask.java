package dev.outrider.slm.grammar;

/**
 * The tokens that may come next.
 *
 * @param bits a bit per token of the vocabulary, from the lowest bit of the first word on; not to be changed
 */
public record TokenMask(long[] bits) {

    public boolean allows(int token) {
        return (bits[token >> 6] >>> token & 1) != 0;
    }

    /** How many tokens may come next. */
    public int count() {
        int count = 0;
        for (long word : bits) {
            count += Long.bitCount(word);
        }
        return count;
    }
}
