package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Weights stored as Q8_0: blocks of 32 signed bytes after a 16-bit float, their common scale. The activations stay 32-bit
 * floats, so the only error against the stored weights is that of float sums. Quants are scaled before they are multiplied: the product
 * of 8 bits and 11 bits is exact, so a row that was unpacked first gives the same sums.
 */
final class Q8Matrix extends CpuMatrix {

    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 34;

    /** As many bytes as a vector has floats, but at least the 8 bytes of the smallest byte vector. */
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, FLOATS.vectorBitSize() / 4)));

    /** Columns whose quants one such load brings; more than a vector of floats holds where that has four. */
    private static final int STEP = BYTES.length();

    private static final ValueLayout.OfShort SCALE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    Q8Matrix(MemorySegment data, int rows, int columns) {
        super(data, rows, columns, columns / BLOCK * (long) BLOCK_BYTES);
    }

    @Override
    void multiply(float[] x, int xAt, int from, int to, float[] sums, int sumsAt) {
        int row = from;
        for (; !streamed() && row + 2 <= to; row += 2) {
            two(x, xAt, row, sums, sumsAt + (row - from) * Lanes.COUNT);
        }
        for (; row < to; row++) {
            one(x, xAt, row, sums, sumsAt + (row - from) * Lanes.COUNT);
        }
    }

    private void two(float[] x, int xAt, int row, float[] sums, int at) {
        MemorySegment w = data;
        long a = rowAt(row);
        long b = rowAt(row + 1);
        int end = xAt + columns();
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int i = xAt; i < end; i += BLOCK) {
            float scaleA = scale(w, a);
            float scaleB = scale(w, b);
            for (int j = 0; j < BLOCK; j += STEP) {
                FloatVector v = FloatVector.fromArray(FLOATS, x, i + j);
                sa = quants(w, a + 2 + j, 0).mul(scaleA).fma(v, sa);
                sb = quants(w, b + 2 + j, 0).mul(scaleB).fma(v, sb);
                if (Lanes.COUNT < STEP) {
                    v = FloatVector.fromArray(FLOATS, x, i + j + Lanes.COUNT);
                    sa = quants(w, a + 2 + j, 1).mul(scaleA).fma(v, sa);
                    sb = quants(w, b + 2 + j, 1).mul(scaleB).fma(v, sb);
                }
            }
            a += BLOCK_BYTES;
            b += BLOCK_BYTES;
        }
        sa.intoArray(sums, at);
        sb.intoArray(sums, at + Lanes.COUNT);
    }

    private void one(float[] x, int xAt, int row, float[] sums, int at) {
        MemorySegment w = data;
        long a = rowAt(row);
        int end = xAt + columns();
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = xAt; i < end; i += BLOCK) {
            float scale = scale(w, a);
            for (int j = 0; j < BLOCK; j += STEP) {
                sum = quants(w, a + 2 + j, 0).mul(scale).fma(FloatVector.fromArray(FLOATS, x, i + j), sum);
                if (Lanes.COUNT < STEP) {
                    FloatVector v = FloatVector.fromArray(FLOATS, x, i + j + Lanes.COUNT);
                    sum = quants(w, a + 2 + j, 1).mul(scale).fma(v, sum);
                }
            }
            a += BLOCK_BYTES;
        }
        sum.intoArray(sums, at);
    }

    private static float scale(MemorySegment w, long at) {
        return Float.float16ToFloat(w.get(SCALE, at));
    }

    private static FloatVector quants(MemorySegment w, long at, int part) {
        return (FloatVector) ByteVector.fromMemorySegment(BYTES, w, at, LITTLE_ENDIAN)
                .convertShape(VectorOperators.B2F, FLOATS, part);
    }

    @Override
    void unpack(int row, int from, int to, float[] out, int at) {
        long block = rowAt(row) + from / BLOCK * (long) BLOCK_BYTES;
        int end = at + to - from;
        for (int i = at; i < end; i += BLOCK) {
            float scale = scale(data, block);
            for (int j = 0; j < BLOCK; j += STEP) {
                quants(data, block + 2 + j, 0).mul(scale).intoArray(out, i + j);
                if (Lanes.COUNT < STEP) {
                    quants(data, block + 2 + j, 1).mul(scale).intoArray(out, i + j + Lanes.COUNT);
                }
            }
            block += BLOCK_BYTES;
        }
    }
}
