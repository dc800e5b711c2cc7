package dev.outrider.slm.model;

import java.lang.foreign.MemorySegment;
import java.util.List;

import dev.outrider.slm.gguf.GgufTensor;

/**
 * The operations that a layer graph is written in, over memory that only the backend sees. All work on the first {@code count}
 * rows of their operands; a row is one position of one sequence. One caller at a time: an engine's scheduler is the only one.
 *
 * <p>A row's result depends on that row and its sequence's state alone, not on how many rows there are beside it or on which row it is: on
 * the processor to the last bit, on a GPU to its rounding.
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

    /** Position encoding by rotation, see {@link #rotate}. */
    interface Rotation {}

    /** What one Mamba-2 layer remembers of one sequence: convolution inputs and the recurrent state; zero at first. */
    interface RecurrentState {
        /** Gives its memory back at once; it is of no use afterwards. */
        default void release() {}
    }

    /** What one attention layer remembers of one sequence: keys and values of all positions so far. */
    interface KeyValues {
        /** Gives its memory back at once; it is of no use afterwards. */
        default void release() {}
    }

    /** Whether a matrix of this tensor's type can be used. */
    boolean supports(GgufTensor tensor);

    Matrix matrix(GgufTensor tensor, int rows, int columns);

    Vector vector(float[] values);

    /** Memory for {@code capacity} rows of at most {@code width} values. */
    Rows rows(int capacity, int width);

    Mixer mixer(MambaShape shape, MambaWeights weights);

    /**
     * @param frequencies radians per position of each pair of values, the first pair of a head first; values behind the pairs are
     *     not rotated
     */
    Rotation rotation(double[] frequencies);

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

    /** {@code rows = silu(gates) * rows}, rows of {@code width} values (SwiGLU, arXiv 2002.05202). */
    void gate(Rows gates, Rows rows, int count, int width);

    /**
     * Rotary position encoding (arXiv 2104.09864) of neighbouring values: in every head the pair {@code (x, y)} number {@code i} of the
     * row at position {@code p} is turned by the angle {@code p * frequencies[i]}. Positions go on behind what the caches hold, so this
     * comes before {@link #attend}.
     *
     * @param rows queries or keys, rows of {@code heads} heads of {@code size} values
     * @param segments which rows belong to which cache
     */
    void rotate(
            Rotation rotation, Rows rows, int heads, int size, Segments segments, List<KeyValues> caches);

    /**
     * Convolution, selective state space, gate and group norm of successive positions (arXiv 2405.21060, with the gate before the
     * norm). Per head with decay {@code exp(dt a)}: {@code S = exp(dt a) S + dt x B^T}, {@code y = S C + d x}.
     *
     * @param projected rows of {@link MambaShape#projected()}: z, then x, B and C, then the time steps
     * @param segments which rows belong to which state
     * @param states one per sequence, all different; each is advanced by the positions of its segment
     * @param out rows of {@link MambaShape#inner()}
     */
    void mix(Mixer mixer, Rows projected, Segments segments, List<RecurrentState> states, Rows out);

    /**
     * Causal attention of successive positions to themselves and all earlier ones of their sequence, scaled by
     * {@code 1 / sqrt(keySize)}.
     *
     * @param segments which rows belong to which cache
     * @param caches one per sequence, all different; each receives the keys and values of its segment first
     */
    void attend(
            AttentionShape shape,
            Rows queries,
            Rows keys,
            Rows values,
            Segments segments,
            List<KeyValues> caches,
            Rows out);

    /** {@code to[i] = from[rows[i]]} for rows of {@code width} values. */
    void gather(Rows from, int[] rows, int count, int width, Rows to);

    /** Copies the first {@code count} rows of {@code width} values to the caller's memory. */
    void read(Rows rows, int count, int width, float[] out, int at);

    /**
     * Chooses one token per row: log-softmax over the vocabulary for the evidence; then mask, division by the temperature, softmax, the
     * nucleus of top-p; then the first token, in the order of ids, at which the sum of what is left exceeds
     * {@link ChoiceRequest#uniform()} times its total.
     *
     * @param logits rows of {@code vocabulary} values
     * @param requests one per row
     * @param out receives one choice per row, {@link TokenChoice#NONE} where logits are no numbers or a mask allows no token; inside
     *     {@link #step} they may be there only once it returns
     */
    void choose(Rows logits, int count, int vocabulary, List<ChoiceRequest> requests, TokenChoice[] out);

    /** Whether {@link #choose} knows {@link ChoiceRequest#topK}; where it does not, no request has one. */
    default boolean choosesTopK() {
        return true;
    }

    /** Bytes that {@link #save(RecurrentState, MemorySegment)} writes. */
    long stateBytes(MambaShape shape);

    /** Bytes that {@link #save(KeyValues, MemorySegment)} writes for so many positions. */
    long stateBytes(AttentionShape shape, int positions);

    /** Names how this backend lays out saved states, with number formats and all: bytes mean something only where it is the same. */
    String stateLayout();

    /** Writes the exact state to native memory. */
    void save(RecurrentState state, MemorySegment to);

    /** Replaces the state by a saved one, bit by bit. */
    void restore(RecurrentState state, MemorySegment from);

    /** Writes the keys and values of all positions to native memory. */
    void save(KeyValues cache, MemorySegment to);

    /** Replaces keys and values by saved ones, bit by bit; how many positions they are follows from the size. */
    void restore(KeyValues cache, MemorySegment from);

    /** Most rows that the backend wants in one step. */
    int largestStep();

    /**
     * Runs the operations of one step. A backend that records them (CUDA graphs) runs the body every time too, but may then use an
     * operation that it has seen under this key only to take note of the new tokens, segments, states and requests, and run
     * the recording when the body is through. So within a body nothing may depend on results, and {@link #read} does not occur.
     */
    void step(StepKey key, Runnable body);

    /** Gives back the backend's threads and memory. */
    @Override
    void close();
}
