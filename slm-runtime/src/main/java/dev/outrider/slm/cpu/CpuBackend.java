package dev.outrider.slm.cpu;

import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.MambaShape;
import dev.outrider.slm.model.MambaWeights;

/** Runs on the processor with the Vector API; weights are used where the file is mapped. */
public final class CpuBackend implements Backend {

    private record CpuVector(float[] values) implements Vector {}

    private final WorkerPool pool;
    private final float[][] panels;
    private final float[][] scores;

    /** @param threads threads that share the work, the caller's included; at least 1 */
    public CpuBackend(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
        }
        pool = new WorkerPool(threads);
        panels = new float[threads][0];
        scores = new float[threads][0];
    }

    @Override
    public boolean supports(GgufTensor tensor) {
        return switch (tensor.type()) {
            case F32, F16, BF16, Q8_0 -> true;
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
            matrix.unpack(tokens[from + i], 0, matrix.columns(), CpuRows.of(out), i * matrix.columns());
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
        if (count == 1) {
            pool.run(matrix.rows(), 4, matrix.columns(), (from, to, worker) ->
                    matrix.multiply(x, 0, y, 0, from, to, add));
        } else {
            pool.run(matrix.rows(), 2, (long) count * matrix.columns(), (from, to, worker) ->
                    BatchedProduct.multiply(matrix, x, count, y, from, to, add, panel(worker)));
        }
    }

    /** Scratch memory of one thread, made when it is first needed. */
    private float[] panel(int worker) {
        if (panels[worker].length == 0) {
            panels[worker] = new float[BatchedProduct.scratchSize()];
        }
        return panels[worker];
    }

    @Override
    public void squaredRelu(Rows rows, int count, int width) {
        float[] x = CpuRows.of(rows);
        pool.run(count * width, Lanes.COUNT, 1, (from, to, worker) -> VectorKernels.squaredRelu(x, from, to));
    }

    @Override
    public void mix(Mixer mixer, Rows projected, int count, RecurrentState state, Rows out) {
        ((CpuMixer) mixer).mix(CpuRows.of(projected), count, (CpuMixer.State) state, CpuRows.of(out), pool);
    }

    @Override
    public void attend(
            AttentionShape shape, Rows queries, Rows keys, Rows values, int count, KeyValues cache, Rows out) {
        CpuKeyValues memory = (CpuKeyValues) cache;
        int before = memory.length();
        memory.append(CpuRows.of(keys), CpuRows.of(values), count);
        float[] q = CpuRows.of(queries);
        float[] result = CpuRows.of(out);
        long work = (long) (before + count) * (shape.keySize() + shape.valueSize());
        pool.run(count * shape.heads(), 1, work, (from, to, worker) -> {
            float[] scratch = scores(worker, before + count);
            for (int unit = from; unit < to; unit++) {
                // units are ordered by query head first: consecutive ones read the same keys and values
                int head = unit / count;
                int t = unit % count;
                int keyHead = head / shape.sharing();
                int row = t * shape.heads() + head;
                AttentionKernel.attend(
                        shape,
                        q,
                        row * shape.keySize(),
                        memory.keys(keyHead),
                        memory.values(keyHead),
                        before + t + 1,
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
    public void copy(Rows from, int row, int count, int width, Rows to) {
        System.arraycopy(CpuRows.of(from), row * width, CpuRows.of(to), 0, count * width);
    }

    @Override
    public void read(Rows rows, int count, int width, float[] out, int at) {
        System.arraycopy(CpuRows.of(rows), 0, out, at, count * width);
    }

    @Override
    public void close() {
        pool.close();
    }
}
