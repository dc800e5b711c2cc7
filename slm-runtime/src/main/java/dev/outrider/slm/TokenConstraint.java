package dev.outrider.slm;

import org.jspecify.annotations.Nullable;

/**
 * What an answer may consist of, such as a grammar. One instance serves one answer; it is asked on the engine's thread, one call at a time,
 * and all sequences wait while it thinks.
 */
public interface TokenConstraint {

    /**
     * The tokens that may come next, one bit per token of the vocabulary (bit {@code id % 64} of element {@code id / 64}); null allows
     * all.
     *
     * @param remaining tokens that the answer may still take, this one included
     */
    long @Nullable [] mask(int remaining);

    /** Tokens that must come next whatever the model says; they are read together with the token before them. Often none. */
    int[] forced();

    /** Told each token of the answer in order, forced ones included. */
    void accept(int token);

    /** Whether nothing can follow; ends the generation with {@link Generation.Finish#STOP}. */
    boolean isOver();
}
