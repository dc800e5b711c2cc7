package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.BYTES;
import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static dev.outrider.slm.cpu.Lanes.INTS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

import dev.outrider.slm.gguf.TensorType;

/**
 * Q6_K: blocks of 256 quants, each half of them in four parts of 32, one 16-bit float and a signed byte per 16 quants as scales. Of each half,
 * the low four bits of parts 0 and 1 are the low halves of 64 bytes, those of parts 2 and 3 the high halves; the upper two bits of the four
 * parts lie together in 32 bytes.
 */
final class Q6KMatrix extends CpuMatrix {

    private static final int BLOCK = 256;
    private static final int PART = 32;
    private static final int BLOCK_BYTES = 210;

    /** Where the upper bits, the bytes of scales and their common factor begin. */
    private static final int UPPER = 128;

    private static final int SCALES = 192;
    private static final int FACTOR = 208;

    Q6KMatrix(MemorySegment data, int rows, int columns) {
        super(data, TensorType.Q6_K, rows, columns);
    }

    @Override
    void pair(long a, long b, float[] x, int xAt, float[] sums, int sumsA, int sumsB) {
        MemorySegment w = data;
        int end = xAt + columns();
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int block = xAt; block < end; block += BLOCK) {
            float da = Float.float16ToFloat(w.get(HALF, a + FACTOR));
            float db = Float.float16ToFloat(w.get(HALF, b + FACTOR));
            for (int part = 0; part < BLOCK / PART; part++) {
                int low = part / 4 * 64 + part % 2 * PART;
                int lowShift = part % 4 / 2 * 4;
                int upper = UPPER + part / 4 * PART;
                int upperShift = part % 4 * 2;
                int i = block + part * PART;
                for (int j = 0; j < PART; j += COUNT) {
                    FloatVector v = FloatVector.fromArray(FLOATS, x, i + j);
                    float scaleA = da * w.get(JAVA_BYTE, a + SCALES + part * 2 + j / 16);
                    float scaleB = db * w.get(JAVA_BYTE, b + SCALES + part * 2 + j / 16);
                    IntVector qa = (IntVector) (COUNT < 8
                            ? Lanes.four(w, a + low + j)
                            : ByteVector.fromMemorySegment(BYTES, w, a + low + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    IntVector qb = (IntVector) (COUNT < 8
                            ? Lanes.four(w, b + low + j)
                            : ByteVector.fromMemorySegment(BYTES, w, b + low + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    IntVector ua = (IntVector) (COUNT < 8
                            ? Lanes.four(w, a + upper + j)
                            : ByteVector.fromMemorySegment(BYTES, w, a + upper + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    IntVector ub = (IntVector) (COUNT < 8
                            ? Lanes.four(w, b + upper + j)
                            : ByteVector.fromMemorySegment(BYTES, w, b + upper + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    qa = qa.lanewise(LSHR, lowShift).and(15).or(ua.lanewise(LSHR, upperShift).lanewise(LSHL, 4).and(48));
                    qb = qb.lanewise(LSHR, lowShift).and(15).or(ub.lanewise(LSHR, upperShift).lanewise(LSHL, 4).and(48));
                    sa = ((FloatVector) qa.convert(I2F, 0)).fma(scaleA, -32 * scaleA).fma(v, sa);
                    sb = ((FloatVector) qb.convert(I2F, 0)).fma(scaleB, -32 * scaleB).fma(v, sb);
                }
            }
            a += BLOCK_BYTES;
            b += BLOCK_BYTES;
        }
        sa.intoArray(sums, sumsA);
        sb.intoArray(sums, sumsB);
    }

    @Override
    void unpack(int row, int from, int to, MemorySegment out, long at) {
        MemorySegment w = data;
        long a = rowAt(row) + (long) from / BLOCK * BLOCK_BYTES;
        int count = to - from;
        for (int block = 0; block < count; block += BLOCK) {
            float d = Float.float16ToFloat(w.get(HALF, a + FACTOR));
            for (int part = 0; part < BLOCK / PART; part++) {
                int low = part / 4 * 64 + part % 2 * PART;
                int lowShift = part % 4 / 2 * 4;
                int upper = UPPER + part / 4 * PART;
                int upperShift = part % 4 * 2;
                int i = block + part * PART;
                for (int j = 0; j < PART; j += COUNT) {
                    float scale = d * w.get(JAVA_BYTE, a + SCALES + part * 2 + j / 16);
                    IntVector q = (IntVector) (COUNT < 8
                            ? Lanes.four(w, a + low + j)
                            : ByteVector.fromMemorySegment(BYTES, w, a + low + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    IntVector u = (IntVector) (COUNT < 8
                            ? Lanes.four(w, a + upper + j)
                            : ByteVector.fromMemorySegment(BYTES, w, a + upper + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    q = q.lanewise(LSHR, lowShift).and(15).or(u.lanewise(LSHR, upperShift).lanewise(LSHL, 4).and(48));
                    ((FloatVector) q.convert(I2F, 0)).fma(scale, -32 * scale).intoMemorySegment(out, at + 4L * (i + j), LITTLE_ENDIAN);
                }
            }
            a += BLOCK_BYTES;
        }
    }
}
