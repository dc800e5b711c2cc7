package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

import dev.outrider.slm.model.AttentionShape;

/** Attention of one query to all positions up to its own. */
final class AttentionKernel {

    private AttentionKernel() {}

    /**
     * {@code out = softmax(q . keys / sqrt(keySize)) . values}.
     *
     * @param positions number of positions that the query sees
     * @param scores scratch memory for as many values, rounded up to whole vectors
     */
    static void attend(
            AttentionShape shape,
            float[] queries,
            int queryAt,
            float[] keys,
            float[] values,
            int positions,
            float[] scores,
            float[] out,
            int outAt) {
        float scale = (float) (1 / Math.sqrt(shape.keySize()));
        int keySize = shape.keySize();
        int block = 0;
        for (; block + COUNT < positions; block += 2 * COUNT) {
            scoreTwo(queries, queryAt, keys, block * keySize, keySize, scale, scores, block);
        }
        if (block < positions) {
            scoreOne(queries, queryAt, keys, block * keySize, keySize, scale, scores, block);
        }
        float sum = VectorKernels.exponentials(scores, 0, positions);
        weigh(values, shape.valueSize(), positions, scores, 1 / sum, out, outAt);
    }

    /** Scores of two blocks of positions. */
    private static void scoreTwo(
            float[] q, int qAt, float[] keys, int keyAt, int keySize, float scale, float[] scores, int at) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        int next = keyAt + keySize * COUNT;
        for (int i = 0; i < keySize; i++) {
            FloatVector value = FloatVector.broadcast(FLOATS, q[qAt + i]);
            s0 = FloatVector.fromArray(FLOATS, keys, keyAt + i * COUNT).fma(value, s0);
            s1 = FloatVector.fromArray(FLOATS, keys, next + i * COUNT).fma(value, s1);
        }
        s0.mul(scale).intoArray(scores, at);
        s1.mul(scale).intoArray(scores, at + COUNT);
    }

    private static void scoreOne(
            float[] q, int qAt, float[] keys, int keyAt, int keySize, float scale, float[] scores, int at) {
        FloatVector s = FloatVector.zero(FLOATS);
        for (int i = 0; i < keySize; i++) {
            FloatVector value = FloatVector.broadcast(FLOATS, q[qAt + i]);
            s = FloatVector.fromArray(FLOATS, keys, keyAt + i * COUNT).fma(value, s);
        }
        s.mul(scale).intoArray(scores, at);
    }

    /** {@code out = factor * sum over positions of scores * values}. */
    private static void weigh(
            float[] values, int size, int positions, float[] scores, float factor, float[] out, int outAt) {
        int i = 0;
        for (; i + 4 * COUNT <= size; i += 4 * COUNT) {
            weighFour(values, i, size, positions, scores, factor, out, outAt + i);
        }
        for (; i + COUNT <= size; i += COUNT) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int t = 0; t < positions; t++) {
                sum = FloatVector.fromArray(FLOATS, values, t * size + i)
                        .fma(FloatVector.broadcast(FLOATS, scores[t]), sum);
            }
            sum.mul(factor).intoArray(out, outAt + i);
        }
        for (; i < size; i++) {
            float sum = 0;
            for (int t = 0; t < positions; t++) {
                sum += scores[t] * values[t * size + i];
            }
            out[outAt + i] = sum * factor;
        }
    }

    private static void weighFour(
            float[] values, int i, int size, int positions, float[] scores, float factor, float[] out, int outAt) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        for (int t = 0; t < positions; t++) {
            int at = t * size + i;
            FloatVector weight = FloatVector.broadcast(FLOATS, scores[t]);
            s0 = FloatVector.fromArray(FLOATS, values, at).fma(weight, s0);
            s1 = FloatVector.fromArray(FLOATS, values, at + COUNT).fma(weight, s1);
            s2 = FloatVector.fromArray(FLOATS, values, at + 2 * COUNT).fma(weight, s2);
            s3 = FloatVector.fromArray(FLOATS, values, at + 3 * COUNT).fma(weight, s3);
        }
        s0.mul(factor).intoArray(out, outAt);
        s1.mul(factor).intoArray(out, outAt + COUNT);
        s2.mul(factor).intoArray(out, outAt + 2 * COUNT);
        s3.mul(factor).intoArray(out, outAt + 3 * COUNT);
    }
}
