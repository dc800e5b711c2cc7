package dev.outrider.slm.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.MambaShape;
import dev.outrider.slm.model.MambaWeights;
import dev.outrider.slm.model.Segments;
import dev.outrider.slm.model.StepKey;
import dev.outrider.slm.model.TokenChoice;

/** Runs on the processor with the Vector API; weights are used where the file is mapped. */
public final class CpuBackend implements Backend {

    private record CpuVector(float[] values) implements Vector {}

    /** Saved states are floats in this form. */
    static final ValueLayout.OfFloat SAVED_FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final String STATE_LAYOUT = "f32/1";

    /** A chunk of a prompt beside as many sequences that decode: more rows save little, and a decode waits for no more. */
    private static final int LARGEST_STEP = 128;

    /** Values of a gate that one thread takes at a time; a multiple of every vector length. */
    private static final int GATE_PIECE = 256;

    /** Whether the compiler knows what to inline in the kernels; where it does not, a warning was logged. */
    final boolean inlining;

    private final WorkerPool pool;
    private final @Nullable MatrixProduct[] products;
    private final @Nullable TokenChooser[] choosers;
    private final float[][] scores;

    /** @param threads threads that share the work, the caller's included; at least 1 */
    public CpuBackend(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
        }
        inlining = KernelInlining.arranged();
        pool = new WorkerPool(threads);
        products = new MatrixProduct[threads];
        choosers = new TokenChooser[threads];
        scores = new float[threads][0];
    }

    @Override
    public boolean supports(GgufTensor tensor) {
        return switch (tensor.type()) {
            case F32, F16, BF16, Q8_0, Q5_0, Q5_1, Q4_0, Q4_1, Q4_K, Q5_K, Q6_K -> true;
            default -> false;
        };
    }

    @Override
    public Matrix matrix(GgufTensor tensor, int rows, int columns) {
        return switch (tensor.type()) {
            case F32 -> new F32Matrix(tensor.data(), rows, columns);
            case F16 -> new F16Matrix(tensor.data(), rows, columns);
            case BF16 -> new Bf16Matrix(tensor.data(), rows, columns);
            case Q8_0 -> new Q8Matrix(tensor.data(), rows, columns);
            case Q5_0, Q5_1 -> new Q5Matrix(tensor.data(), tensor.type(), rows, columns);
            case Q4_0, Q4_1 -> new Q4Matrix(tensor.data(), tensor.type(), rows, columns);
            case Q4_K -> new Q4KMatrix(tensor.data(), rows, columns);
            case Q5_K -> new Q5KMatrix(tensor.data(), rows, columns);
            case Q6_K -> new Q6KMatrix(tensor.data(), rows, columns);
            default -> throw new IllegalArgumentException("no kernel for " + tensor.type());
        };
    }

    @Override
    public Vector vector(float[] values) {
        return new CpuVector(values);
    }

    @Override
    public Rows rows(int capacity, int width) {
        return new CpuRows(new float[Math.multiplyExact(capacity, width)]);
    }

    @Override
    public Mixer mixer(MambaShape shape, MambaWeights weights) {
        return new CpuMixer(shape, weights);
    }

    @Override
    public Rotation rotation(double[] frequencies) {
        return new CpuRotation(frequencies);
    }

    @Override
    public RecurrentState recurrentState(MambaShape shape) {
        return new CpuMixer.State(shape);
    }

    @Override
    public KeyValues keyValues(AttentionShape shape, int longest) {
        return new CpuKeyValues(shape, longest);
    }

    @Override
    public void embed(Matrix table, int[] tokens, int from, int count, Rows out) {
        CpuMatrix matrix = (CpuMatrix) table;
        for (int i = 0; i < count; i++) {
            product(0).unpack(matrix, tokens[from + i], CpuRows.of(out), i * matrix.columns());
        }
    }

    @Override
    public void rmsNorm(Rows in, int count, Vector weight, float epsilon, Rows out) {
        float[] w = ((CpuVector) weight).values;
        float[] from = CpuRows.of(in);
        float[] to = CpuRows.of(out);
        for (int i = 0; i < count; i++) {
            VectorKernels.rmsNorm(from, i * w.length, w, 0, w.length, epsilon, to, i * w.length);
        }
    }

    @Override
    public void multiply(Matrix matrix, Rows in, int count, Rows out) {
        multiply((CpuMatrix) matrix, CpuRows.of(in), count, CpuRows.of(out), false);
    }

    @Override
    public void multiplyAdd(Matrix matrix, Rows in, int count, Rows out) {
        multiply((CpuMatrix) matrix, CpuRows.of(in), count, CpuRows.of(out), true);
    }

    private void multiply(CpuMatrix matrix, float[] x, int count, float[] y, boolean add) {
        pool.run(matrix.rows(), 4, (long) count * matrix.columns(), (from, to, worker) ->
                product(worker).multiply(matrix, x, count, y, from, to, add));
    }

    /** That of one thread, made when it is first needed; it holds scratch memory. */
    private MatrixProduct product(int worker) {
        MatrixProduct product = products[worker];
        if (product == null) {
            product = new MatrixProduct();
            products[worker] = product;
        }
        return product;
    }

    @Override
    public void squaredRelu(Rows rows, int count, int width) {
        float[] x = CpuRows.of(rows);
        pool.run(count * width, Lanes.COUNT, 1, (from, to, worker) -> VectorKernels.squaredRelu(x, from, to));
    }

    @Override
    public void gate(Rows gates, Rows rows, int count, int width) {
        float[] x = CpuRows.of(rows);
        float[] z = CpuRows.of(gates);
        // pieces of rows end at whole vectors: what is left behind the last one is computed in another way, and must always be the same values
        int pieces = Math.max(1, Math.ceilDiv(width, GATE_PIECE));
        pool.run(count * pieces, 1, 8L * GATE_PIECE, (from, to, worker) -> {
            for (int unit = from; unit < to; unit++) {
                int begin = unit % pieces * GATE_PIECE;
                int at = unit / pieces * width + begin;
                VectorKernels.gate(x, at, z, at, Math.min(GATE_PIECE, width - begin));
            }
        });
    }

    @Override
    public void rotate(
            Rotation rotation, Rows rows, int heads, int size, Segments segments, List<KeyValues> caches) {
        int[] positions = new int[segments.rows()];
        for (int i = 0; i < segments.sequences(); i++) {
            int before = ((CpuKeyValues) caches.get(i)).length();
            for (int t = 0; t < segments.count(i); t++) {
                positions[segments.start(i) + t] = before + t;
            }
        }
        CpuRotation angles = (CpuRotation) rotation;
        angles.prepare(positions);
        float[] x = CpuRows.of(rows);
        pool.run(positions.length, 1, (long) heads * size, (from, to, worker) -> angles.rotate(x, heads, size, from, to));
    }

    @Override
    public void mix(Mixer mixer, Rows projected, Segments segments, List<RecurrentState> states, Rows out) {
        ((CpuMixer) mixer).mix(CpuRows.of(projected), segments, states, CpuRows.of(out), pool);
    }

    @Override
    public void attend(
            AttentionShape shape,
            Rows queries,
            Rows keys,
            Rows values,
            Segments segments,
            List<KeyValues> caches,
            Rows out) {
        int longest = 0;
        int[] owner = new int[segments.rows()];
        for (int i = 0; i < segments.sequences(); i++) {
            CpuKeyValues memory = (CpuKeyValues) caches.get(i);
            memory.append(CpuRows.of(keys), CpuRows.of(values), segments.start(i), segments.count(i));
            longest = Math.max(longest, memory.length());
            Arrays.fill(owner, segments.start(i), segments.start(i + 1), i);
        }
        float[] q = CpuRows.of(queries);
        float[] result = CpuRows.of(out);
        int heads = shape.heads();
        int most = longest;
        long work = (long) most * (shape.keySize() + shape.valueSize());
        pool.run(segments.rows() * heads, 1, work, (from, to, worker) -> {
            float[] scratch = scores(worker, most);
            for (int unit = from; unit < to; unit++) {
                // within a sequence units are ordered by query head first: consecutive ones read the same keys and values
                int sequence = owner[unit / heads];
                int count = segments.count(sequence);
                int within = unit - segments.start(sequence) * heads;
                int head = within / count;
                int t = within % count;
                int keyHead = head / shape.sharing();
                int row = (segments.start(sequence) + t) * heads + head;
                CpuKeyValues memory = (CpuKeyValues) caches.get(sequence);
                AttentionKernel.attend(
                        shape,
                        q,
                        row * shape.keySize(),
                        memory.keys(keyHead),
                        memory.values(keyHead),
                        memory.length() - count + t + 1,
                        scratch,
                        result,
                        row * shape.valueSize());
            }
        });
    }

    private float[] scores(int worker, int positions) {
        int needed = Lanes.bound(positions + 2 * Lanes.COUNT);
        if (scores[worker].length < needed) {
            scores[worker] = new float[Math.max(needed, 2 * scores[worker].length)];
        }
        return scores[worker];
    }

    @Override
    public void gather(Rows from, int[] rows, int count, int width, Rows to) {
        for (int i = 0; i < count; i++) {
            System.arraycopy(CpuRows.of(from), rows[i] * width, CpuRows.of(to), i * width, width);
        }
    }

    @Override
    public void read(Rows rows, int count, int width, float[] out, int at) {
        System.arraycopy(CpuRows.of(rows), 0, out, at, count * width);
    }

    @Override
    public void choose(Rows logits, int count, int vocabulary, List<ChoiceRequest> requests, TokenChoice[] out) {
        float[] rows = CpuRows.of(logits);
        pool.run(count, 1, 8L * vocabulary, (from, to, worker) -> {
            for (int i = from; i < to; i++) {
                out[i] = chooser(worker).choose(rows, i * vocabulary, vocabulary, requests.get(i));
            }
        });
    }

    private TokenChooser chooser(int worker) {
        TokenChooser chooser = choosers[worker];
        if (chooser == null) {
            chooser = new TokenChooser();
            choosers[worker] = chooser;
        }
        return chooser;
    }

    @Override
    public long stateBytes(MambaShape shape) {
        return CpuMixer.stateBytes(shape);
    }

    @Override
    public long stateBytes(AttentionShape shape, int positions) {
        return CpuKeyValues.bytes(shape, positions);
    }

    /**
     * 32-bit little-endian floats. Recurrent: {@code [kernel - 1][convolved]} inputs of the convolution, then {@code [head][state][channel]}.
     * Attention: keys {@code [key head][position][value]}, then values likewise. The same for all vector lengths.
     */
    @Override
    public String stateLayout() {
        return STATE_LAYOUT;
    }

    @Override
    public void save(RecurrentState state, MemorySegment to) {
        ((CpuMixer.State) state).save(to);
    }

    @Override
    public void restore(RecurrentState state, MemorySegment from) {
        ((CpuMixer.State) state).restore(from);
    }

    @Override
    public void save(KeyValues cache, MemorySegment to) {
        ((CpuKeyValues) cache).save(to);
    }

    @Override
    public void restore(KeyValues cache, MemorySegment from) {
        ((CpuKeyValues) cache).restore(from);
    }

    @Override
    public int largestStep() {
        return LARGEST_STEP;
    }

    @Override
    public void step(StepKey key, Runnable body) {
        body.run();
    }

    @Override
    public void close() {
        pool.close();
    }
}
