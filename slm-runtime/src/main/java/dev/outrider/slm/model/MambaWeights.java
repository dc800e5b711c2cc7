package dev.outrider.slm.model;

/**
 * The small weights of a Mamba-2 layer; the two projections are matrices of their own.
 *
 * @param convolution {@code [convolved][kernel]}, the last tap multiplies the current position
 * @param convolutionBias {@code [convolved]}
 * @param stepBias {@code [heads]}, added to the time step before the softplus
 * @param a {@code [heads]}, already {@code -exp(A_log)}
 * @param d {@code [heads]}, weight of the direct path
 * @param norm {@code [inner]}, weights of the group norms
 * @param epsilon of the group norms
 */
@SuppressWarnings("ArrayRecordComponent") // handed to a backend once, never compared
public record MambaWeights(
        float[] convolution,
        float[] convolutionBias,
        float[] stepBias,
        float[] a,
        float[] d,
        float[] norm,
        float epsilon) {}
