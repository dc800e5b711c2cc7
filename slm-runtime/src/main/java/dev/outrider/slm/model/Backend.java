package dev.outrider.slm.model;

import dev.outrider.slm.gguf.GgufTensor;

/**
 * The operations that a layer graph is written in, over memory that only the backend sees. All work on the first {@code count}
 * rows of their operands; a row is one position. One caller at a time: an engine holds its lock around a forward pass.
 */
public interface Backend extends AutoCloseable {

    /** A matrix of weights, in the file's storage type. */
    interface Matrix {
        /** Outputs. */
        int rows();

        /** Inputs. */
        int columns();
    }

    /** A vector of weights. */
    interface Vector {}

    /**
     * Activations: rows of 32-bit floats. Rows lie close together at the width that the operation at hand gives them, so one piece
     * of memory serves operands of many widths.
     */
    interface Rows {}

    /** The weights of one Mamba-2 mixer between its two projections. */
    interface Mixer {}

    /** What one Mamba-2 layer remembers of one sequence: convolution inputs and the recurrent state; zero at first. */
    interface RecurrentState {}

    /** What one attention layer remembers of one sequence: keys and values of all positions so far. */
    interface KeyValues {}

    /** Whether a matrix of this tensor's type can be used. */
    boolean supports(GgufTensor tensor);

    Matrix matrix(GgufTensor tensor, int rows, int columns);

    Vector vector(float[] values);

    /** Memory for {@code capacity} rows of at most {@code width} values. */
    Rows rows(int capacity, int width);

    Mixer mixer(MambaShape shape, MambaWeights weights);

    RecurrentState recurrentState(MambaShape shape);

    /** @param longest positions it must be able to hold in the end; memory grows with use */
    KeyValues keyValues(AttentionShape shape, int longest);

    /** {@code out[i] = table[tokens[from + i]]}. */
    void embed(Matrix table, int[] tokens, int from, int count, Rows out);

    /** {@code out = in / sqrt(mean(in^2) + epsilon) * weight} (arXiv 1910.07467). */
    void rmsNorm(Rows in, int count, Vector weight, float epsilon, Rows out);

    /** {@code out = in . matrix^T}. */
    void multiply(Matrix matrix, Rows in, int count, Rows out);

    /** {@code out += in . matrix^T}. */
    void multiplyAdd(Matrix matrix, Rows in, int count, Rows out);

    /** {@code rows = max(rows, 0)^2}, rows of {@code width} values. */
    void squaredRelu(Rows rows, int count, int width);

    /**
     * Convolution, selective state space, gate and group norm of successive positions (arXiv 2405.21060, with the gate before the
     * norm). Per head with decay {@code exp(dt a)}: {@code S = exp(dt a) S + dt x B^T}, {@code y = S C + d x}.
     *
     * @param projected rows of {@link MambaShape#projected()}: z, then x, B and C, then the time steps
     * @param state advanced by {@code count} positions
     * @param out rows of {@link MambaShape#inner()}
     */
    void mix(Mixer mixer, Rows projected, int count, RecurrentState state, Rows out);

    /**
     * Causal attention of successive positions to themselves and all earlier ones, scaled by {@code 1 / sqrt(keySize)}.
     *
     * @param cache receives the keys and values of the {@code count} positions first
     */
    void attend(AttentionShape shape, Rows queries, Rows keys, Rows values, int count, KeyValues cache, Rows out);

    /** Copies rows of {@code width} values from {@code row} on to the first rows of {@code to}. */
    void copy(Rows from, int row, int count, int width, Rows to);

    /** Copies the first {@code count} rows of {@code width} values to the caller's memory. */
    void read(Rows rows, int count, int width, float[] out, int at);

    /** Gives back the backend's threads and memory. */
    @Override
    void close();
}
