package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;

import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;

import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.MambaShape;
import dev.outrider.slm.model.MambaWeights;
import dev.outrider.slm.model.Segments;

/**
 * The Mamba-2 mixer between its projections. Positions go one after the other; within a position everything is vectors over channels:
 * the recurrent state lies as {@code [head][state][channel]}, so that no sum runs across a vector.
 */
final class CpuMixer implements Backend.Mixer {

    private final MambaShape shape;
    private final float[] taps; // [kernel][convolved]
    private final float[] convolutionBias;
    private final float[] stepBias;
    private final float[] a;
    private final float[] d;
    private final float[] norm;
    private final float epsilon;

    /** By sequence: convolution inputs of the previous positions, then of these; [kernel - 1 + count][convolved]. */
    private float[] inputs = {};

    /** Convolution outputs: x, B, C; [rows][convolved]. */
    private float[] convolved = {};

    /** Time steps and decays; [rows][heads]. */
    private float[] steps = {};

    private float[] decays = {};

    CpuMixer(MambaShape shape, MambaWeights weights) {
        this.shape = shape;
        int channels = shape.convolved();
        taps = new float[channels * shape.kernel()];
        for (int c = 0; c < channels; c++) {
            for (int k = 0; k < shape.kernel(); k++) {
                taps[k * channels + c] = weights.convolution()[c * shape.kernel() + k];
            }
        }
        convolutionBias = weights.convolutionBias();
        stepBias = weights.stepBias();
        a = weights.a();
        d = weights.d();
        norm = weights.norm();
        epsilon = weights.epsilon();
    }

    /** One sequence's memory. */
    static final class State implements Backend.RecurrentState {
        final float[] history; // [kernel - 1][convolved]
        final float[] recurrent; // [head][state][channel]

        State(MambaShape shape) {
            history = new float[(shape.kernel() - 1) * shape.convolved()];
            recurrent = new float[shape.inner() * shape.stateSize()];
        }

        void save(MemorySegment to) {
            MemorySegment.copy(history, 0, to, CpuBackend.SAVED_FLOAT, 0, history.length);
            MemorySegment.copy(recurrent, 0, to, CpuBackend.SAVED_FLOAT, (long) Float.BYTES * history.length, recurrent.length);
        }

        void restore(MemorySegment from) {
            MemorySegment.copy(from, CpuBackend.SAVED_FLOAT, 0, history, 0, history.length);
            MemorySegment.copy(
                    from, CpuBackend.SAVED_FLOAT, (long) Float.BYTES * history.length, recurrent, 0, recurrent.length);
        }
    }

    static long stateBytes(MambaShape shape) {
        return Float.BYTES * ((shape.kernel() - 1L) * shape.convolved() + (long) shape.inner() * shape.stateSize());
    }

    void mix(float[] projected, Segments segments, List<Backend.RecurrentState> states, float[] out, WorkerPool pool) {
        int sequences = segments.sequences();
        int rows = segments.rows();
        reserve(sequences, rows);
        for (int i = 0; i < sequences; i++) {
            gather(projected, segments, i, (State) states.get(i));
        }
        int channels = shape.convolved();
        pool.run(channels, COUNT, (long) rows * (shape.kernel() + 10), (from, to, worker) -> {
            for (int i = 0; i < sequences; i++) {
                convolve(from, to, inputsOf(segments, i), segments.start(i), segments.count(i));
            }
        });
        computeSteps(projected, rows);
        int heads = shape.heads();
        long perHead = (long) rows / sequences * shape.headSize() * (3L * shape.stateSize() + 10);
        pool.run(sequences * heads, 1, perHead, (from, to, worker) -> {
            for (int unit = from; unit < to; unit++) {
                int i = unit / heads;
                float[] recurrent = ((State) states.get(i)).recurrent;
                scan(unit % heads, segments.start(i), segments.start(i + 1), projected, recurrent, out);
            }
        });
        int groupSize = shape.inner() / shape.groups();
        pool.run(rows * shape.groups(), 1, 4L * groupSize, (from, to, worker) -> {
            for (int unit = from; unit < to; unit++) {
                int weightAt = unit % shape.groups() * groupSize;
                int at = unit * groupSize;
                VectorKernels.rmsNorm(out, at, norm, weightAt, groupSize, epsilon, out, at);
            }
        });
    }

    private void reserve(int sequences, int rows) {
        int needed = (sequences * (shape.kernel() - 1) + rows) * shape.convolved();
        if (inputs.length < needed) {
            inputs = new float[needed];
        }
        if (convolved.length < rows * shape.convolved()) {
            convolved = new float[rows * shape.convolved()];
            steps = new float[rows * shape.heads()];
            decays = new float[rows * shape.heads()];
        }
    }

    /** Where the convolution inputs of a sequence begin. */
    private int inputsOf(Segments segments, int sequence) {
        return (segments.start(sequence) + sequence * (shape.kernel() - 1)) * shape.convolved();
    }

    /** Brings a sequence's convolution inputs together, and keeps the last ones for the next call. */
    private void gather(float[] projected, Segments segments, int sequence, State state) {
        int channels = shape.convolved();
        int kept = state.history.length;
        int at = inputsOf(segments, sequence);
        System.arraycopy(state.history, 0, inputs, at, kept);
        for (int t = 0; t < segments.count(sequence); t++) {
            int from = (segments.start(sequence) + t) * shape.projected() + shape.inner();
            System.arraycopy(projected, from, inputs, at + kept + t * channels, channels);
        }
        System.arraycopy(inputs, at + segments.count(sequence) * channels, state.history, 0, kept);
    }

    /** Causal convolution by channel, then SiLU, for the channels [from, to) of the rows of one sequence. */
    private void convolve(int from, int to, int inputsAt, int firstRow, int count) {
        int channels = shape.convolved();
        for (int t = 0; t < count; t++) {
            int row = (firstRow + t) * channels;
            int in = inputsAt + t * channels;
            int bound = from + Lanes.bound(to - from);
            for (int c = from; c < bound; c += COUNT) {
                FloatVector sum = FloatVector.fromArray(FLOATS, convolutionBias, c);
                int at = in + c;
                for (int k = c; k < taps.length; k += channels) {
                    sum = FloatVector.fromArray(FLOATS, taps, k).fma(FloatVector.fromArray(FLOATS, inputs, at), sum);
                    at += channels;
                }
                Lanes.silu(sum).intoArray(convolved, row + c);
            }
            for (int c = bound; c < to; c++) {
                float sum = convolutionBias[c];
                int at = in + c;
                for (int k = c; k < taps.length; k += channels) {
                    sum += taps[k] * inputs[at];
                    at += channels;
                }
                convolved[row + c] = Lanes.silu(sum);
            }
        }
    }

    private void computeSteps(float[] projected, int rows) {
        int heads = shape.heads();
        for (int t = 0; t < rows; t++) {
            int from = t * shape.projected() + shape.inner() + shape.convolved();
            for (int h = 0; h < heads; h++) {
                float step = softplus(projected[from + h] + stepBias[h]);
                steps[t * heads + h] = step;
                decays[t * heads + h] = (float) Math.exp(step * a[h]);
            }
        }
    }

    /** log(1 + exp(x)); above 20 the difference to x is below a float's resolution. */
    static float softplus(float x) {
        return x > 20 ? x : (float) Math.log1p(Math.exp(x));
    }

    /** The state-space recurrence of one head over the rows [from, to) of one sequence, and the gate. */
    private void scan(int head, int from, int to, float[] projected, float[] recurrent, float[] out) {
        int size = shape.headSize();
        int states = shape.stateSize();
        int inner = shape.inner();
        int group = head / (shape.heads() / shape.groups());
        int stateAt = head * size * states;
        for (int t = from; t < to; t++) {
            int row = t * shape.convolved();
            int xAt = row + head * size;
            int bAt = row + inner + group * states;
            int cAt = bAt + shape.groups() * states;
            int outAt = t * inner + head * size;
            float step = steps[t * shape.heads() + head];
            float decay = decays[t * shape.heads() + head];
            int p = 0;
            for (; p + 2 * COUNT <= size; p += 2 * COUNT) {
                stepTwo(recurrent, stateAt + p, xAt + p, bAt, cAt, step, decay, d[head], out, outAt + p);
            }
            for (; p + COUNT <= size; p += COUNT) {
                stepOne(recurrent, stateAt + p, xAt + p, bAt, cAt, step, decay, d[head], out, outAt + p);
            }
            for (; p < size; p++) {
                stepScalar(recurrent, stateAt + p, xAt + p, bAt, cAt, step, decay, d[head], out, outAt + p);
            }
            VectorKernels.gate(out, outAt, projected, t * shape.projected() + head * size, size);
        }
    }

    private void stepTwo(
            float[] s, int sAt, int xAt, int bAt, int cAt, float step, float decay, float direct, float[] out, int outAt) {
        float[] v = convolved;
        int states = shape.stateSize();
        int stride = shape.headSize();
        FloatVector x0 = FloatVector.fromArray(FLOATS, v, xAt);
        FloatVector x1 = FloatVector.fromArray(FLOATS, v, xAt + COUNT);
        FloatVector y0 = x0.mul(direct);
        FloatVector y1 = x1.mul(direct);
        x0 = x0.mul(step);
        x1 = x1.mul(step);
        FloatVector keep = FloatVector.broadcast(FLOATS, decay);
        for (int n = 0; n < states; n++) {
            int at = sAt + n * stride;
            FloatVector b = FloatVector.broadcast(FLOATS, v[bAt + n]);
            FloatVector c = FloatVector.broadcast(FLOATS, v[cAt + n]);
            FloatVector s0 = FloatVector.fromArray(FLOATS, s, at).fma(keep, x0.mul(b));
            FloatVector s1 = FloatVector.fromArray(FLOATS, s, at + COUNT).fma(keep, x1.mul(b));
            s0.intoArray(s, at);
            s1.intoArray(s, at + COUNT);
            y0 = s0.fma(c, y0);
            y1 = s1.fma(c, y1);
        }
        y0.intoArray(out, outAt);
        y1.intoArray(out, outAt + COUNT);
    }

    private void stepOne(
            float[] s, int sAt, int xAt, int bAt, int cAt, float step, float decay, float direct, float[] out, int outAt) {
        float[] v = convolved;
        int states = shape.stateSize();
        int stride = shape.headSize();
        FloatVector x = FloatVector.fromArray(FLOATS, v, xAt);
        FloatVector y = x.mul(direct);
        x = x.mul(step);
        FloatVector keep = FloatVector.broadcast(FLOATS, decay);
        for (int n = 0; n < states; n++) {
            int at = sAt + n * stride;
            FloatVector b = FloatVector.broadcast(FLOATS, v[bAt + n]);
            FloatVector next = FloatVector.fromArray(FLOATS, s, at).fma(keep, x.mul(b));
            next.intoArray(s, at);
            y = next.fma(FloatVector.broadcast(FLOATS, v[cAt + n]), y);
        }
        y.intoArray(out, outAt);
    }

    private void stepScalar(
            float[] s, int sAt, int xAt, int bAt, int cAt, float step, float decay, float direct, float[] out, int outAt) {
        float[] v = convolved;
        float y = v[xAt] * direct;
        float x = v[xAt] * step;
        for (int n = 0; n < shape.stateSize(); n++) {
            int at = sAt + n * shape.headSize();
            s[at] = s[at] * decay + x * v[bAt + n];
            y += s[at] * v[cAt + n];
        }
        out[outAt] = y;
    }
}
