package dev.outrider.slm.model;

/**
 * Sizes of a Mamba-2 layer.
 *
 * @param heads number of heads
 * @param headSize channels per head
 * @param stateSize state values per channel
 * @param groups heads of one group share B and C, and one norm; divides {@code heads}
 * @param kernel taps of the convolution
 */
public record MambaShape(int heads, int headSize, int stateSize, int groups, int kernel) {

    /** Channels over all heads. */
    public int inner() {
        return heads * headSize;
    }

    /** Channels that pass the convolution: x, B and C. */
    public int convolved() {
        return inner() + 2 * groups * stateSize;
    }

    /** Width of the input projection: the gate z, then x, B and C, then one time step per head. */
    public int projected() {
        return inner() + convolved() + heads;
    }
}
