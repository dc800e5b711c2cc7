package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Kernels on single rows: norms and activations. */
final class VectorKernels {

    private VectorKernels() {}

    /** {@code out = in / sqrt(mean(in^2) + epsilon) * weight} over {@code size} values; in and out may be the same place. */
    static void rmsNorm(
            float[] in, int inAt, float[] weight, int weightAt, int size, float epsilon, float[] out, int outAt) {
        FloatVector squares = FloatVector.zero(FLOATS);
        int bound = Lanes.bound(size);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, in, inAt + i);
            squares = v.fma(v, squares);
        }
        float sum = Lanes.sum(squares);
        for (int i = bound; i < size; i++) {
            sum += in[inAt + i] * in[inAt + i];
        }
        float scale = (float) (1 / Math.sqrt((double) sum / size + epsilon));
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector.fromArray(FLOATS, in, inAt + i)
                    .mul(scale)
                    .mul(FloatVector.fromArray(FLOATS, weight, weightAt + i))
                    .intoArray(out, outAt + i);
        }
        for (int i = bound; i < size; i++) {
            out[outAt + i] = in[inAt + i] * scale * weight[weightAt + i];
        }
    }

    /** {@code x = max(x, 0)^2}. */
    static void squaredRelu(float[] x, int from, int to) {
        int bound = from + Lanes.bound(to - from);
        for (int i = from; i < bound; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, i).max(0f);
            v.mul(v).intoArray(x, i);
        }
        for (int i = bound; i < to; i++) {
            float v = Math.max(x[i], 0);
            x[i] = v * v;
        }
    }

    /** {@code x = silu(x)}. */
    static void silu(float[] x, int at, int size) {
        int bound = Lanes.bound(size);
        for (int i = 0; i < bound; i += COUNT) {
            Lanes.silu(FloatVector.fromArray(FLOATS, x, at + i)).intoArray(x, at + i);
        }
        for (int i = bound; i < size; i++) {
            x[at + i] = Lanes.silu(x[at + i]);
        }
    }

    /** {@code x *= silu(gate)}. */
    static void gate(float[] x, int at, float[] gate, int gateAt, int size) {
        int bound = Lanes.bound(size);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector.fromArray(FLOATS, x, at + i)
                    .mul(Lanes.silu(FloatVector.fromArray(FLOATS, gate, gateAt + i)))
                    .intoArray(x, at + i);
        }
        for (int i = bound; i < size; i++) {
            x[at + i] *= Lanes.silu(gate[gateAt + i]);
        }
    }

    /** {@code scores = exp(scores - max)}; returns their sum. Arrays hold whole vectors; {@code size} values count. */
    static float exponentials(float[] scores, int at, int size) {
        int bound = Lanes.bound(size);
        float max = Float.NEGATIVE_INFINITY;
        FloatVector maxima = FloatVector.broadcast(FLOATS, max);
        for (int i = 0; i < bound; i += COUNT) {
            maxima = maxima.max(FloatVector.fromArray(FLOATS, scores, at + i));
        }
        max = maxima.reduceLanes(VectorOperators.MAX);
        for (int i = bound; i < size; i++) {
            max = Math.max(max, scores[at + i]);
        }
        FloatVector sums = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector e = Lanes.exp(FloatVector.fromArray(FLOATS, scores, at + i).sub(max));
            e.intoArray(scores, at + i);
            sums = sums.add(e);
        }
        float sum = Lanes.sum(sums);
        for (int i = bound; i < size; i++) {
            float e = (float) Math.exp(scores[at + i] - max);
            scores[at + i] = e;
            sum += e;
        }
        return sum;
    }
}
