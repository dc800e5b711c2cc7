package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.BYTES;
import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static dev.outrider.slm.cpu.Lanes.INTS;
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
 * Q5_K: as {@link Q4KMatrix}, with the fifth bits in 32 bytes before the half bytes: bit {@code p} of byte {@code l} belongs to quant {@code l} of
 * the part {@code p}.
 */
final class Q5KMatrix extends CpuMatrix {

    private static final int BLOCK = 256;
    private static final int PART = 32;
    private static final int BLOCK_BYTES = 176;

    /** Where the fifth bits and the half bytes begin. */
    private static final int FIFTH = 16;

    private static final int QUANTS = 48;

    Q5KMatrix(MemorySegment data, int rows, int columns) {
        super(data, TensorType.Q5_K, rows, columns);
    }

    @Override
    void pair(long a, long b, float[] x, int xAt, float[] sums, int sumsA, int sumsB) {
        MemorySegment w = data;
        int end = xAt + columns();
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int block = xAt; block < end; block += BLOCK) {
            int lowA = w.get(INT, a + 4);
            int midA = w.get(INT, a + 8);
            int highA = w.get(INT, a + 12);
            long scalesA = lowA & 0x3f3f3f3fL | (highA & 0x0f0f0f0fL | lowA >>> 2 & 0x30303030L) << 32;
            long minimaA = midA & 0x3f3f3f3fL | (highA >>> 4 & 0x0f0f0f0fL | midA >>> 2 & 0x30303030L) << 32;
            float dA = Float.float16ToFloat(w.get(HALF, a));
            float mA = -Float.float16ToFloat(w.get(HALF, a + 2));
            int lowB = w.get(INT, b + 4);
            int midB = w.get(INT, b + 8);
            int highB = w.get(INT, b + 12);
            long scalesB = lowB & 0x3f3f3f3fL | (highB & 0x0f0f0f0fL | lowB >>> 2 & 0x30303030L) << 32;
            long minimaB = midB & 0x3f3f3f3fL | (highB >>> 4 & 0x0f0f0f0fL | midB >>> 2 & 0x30303030L) << 32;
            float dB = Float.float16ToFloat(w.get(HALF, b));
            float mB = -Float.float16ToFloat(w.get(HALF, b + 2));
            for (int part = 0; part < BLOCK / PART; part++) {
                float scaleA = dA * (scalesA >>> 8 * part & 63);
                float scaleB = dB * (scalesB >>> 8 * part & 63);
                float offsetA = mA * (minimaA >>> 8 * part & 63);
                float offsetB = mB * (minimaB >>> 8 * part & 63);
                long quants = QUANTS + part / 2 * PART;
                int shift = part % 2 * 4;
                int i = block + part * PART;
                for (int j = 0; j < PART; j += COUNT) {
                    FloatVector v = FloatVector.fromArray(FLOATS, x, i + j);
                    IntVector qa = (IntVector) (COUNT < 8
                            ? Lanes.four(w, a + quants + j)
                            : ByteVector.fromMemorySegment(BYTES, w, a + quants + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    IntVector qb = (IntVector) (COUNT < 8
                            ? Lanes.four(w, b + quants + j)
                            : ByteVector.fromMemorySegment(BYTES, w, b + quants + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    IntVector fa = (IntVector) (COUNT < 8
                            ? Lanes.four(w, a + FIFTH + j)
                            : ByteVector.fromMemorySegment(BYTES, w, a + FIFTH + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    IntVector fb = (IntVector) (COUNT < 8
                            ? Lanes.four(w, b + FIFTH + j)
                            : ByteVector.fromMemorySegment(BYTES, w, b + FIFTH + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    fa = fa.lanewise(LSHR, part).lanewise(LSHL, 4).and(16);
                    fb = fb.lanewise(LSHR, part).lanewise(LSHL, 4).and(16);
                    sa = ((FloatVector) qa.lanewise(LSHR, shift).and(15).or(fa).convert(I2F, 0)).fma(scaleA, offsetA).fma(v, sa);
                    sb = ((FloatVector) qb.lanewise(LSHR, shift).and(15).or(fb).convert(I2F, 0)).fma(scaleB, offsetB).fma(v, sb);
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
            int low = w.get(INT, a + 4);
            int mid = w.get(INT, a + 8);
            int high = w.get(INT, a + 12);
            long scales = low & 0x3f3f3f3fL | (high & 0x0f0f0f0fL | low >>> 2 & 0x30303030L) << 32;
            long minima = mid & 0x3f3f3f3fL | (high >>> 4 & 0x0f0f0f0fL | mid >>> 2 & 0x30303030L) << 32;
            float d = Float.float16ToFloat(w.get(HALF, a));
            float m = -Float.float16ToFloat(w.get(HALF, a + 2));
            for (int part = 0; part < BLOCK / PART; part++) {
                float scale = d * (scales >>> 8 * part & 63);
                float offset = m * (minima >>> 8 * part & 63);
                long quants = QUANTS + part / 2 * PART;
                int shift = part % 2 * 4;
                int i = block + part * PART;
                for (int j = 0; j < PART; j += COUNT) {
                    IntVector q = (IntVector) (COUNT < 8
                            ? Lanes.four(w, a + quants + j)
                            : ByteVector.fromMemorySegment(BYTES, w, a + quants + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    IntVector f = (IntVector) (COUNT < 8
                            ? Lanes.four(w, a + FIFTH + j)
                            : ByteVector.fromMemorySegment(BYTES, w, a + FIFTH + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                    f = f.lanewise(LSHR, part).lanewise(LSHL, 4).and(16);
                    ((FloatVector) q.lanewise(LSHR, shift).and(15).or(f).convert(I2F, 0)).fma(scale, offset).intoMemorySegment(out, at + 4L * (i + j), LITTLE_ENDIAN);
                }
            }
            a += BLOCK_BYTES;
        }
    }
}
