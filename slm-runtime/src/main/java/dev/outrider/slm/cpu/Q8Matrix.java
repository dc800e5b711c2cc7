package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

import dev.outrider.slm.gguf.TensorType;

/**
 * Weights stored as Q8_0: blocks of 32 signed bytes after a 16-bit float, their common scale. The activations stay 32-bit
 * floats, so the only error against the stored weights is that of float sums. Quants are scaled before they are multiplied: the product
 * of 8 bits and 11 bits is exact, so a row that was unpacked first gives the same sums.
 */
final class Q8Matrix extends CpuMatrix {

    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 34;

    /** Columns whose quants one such load brings; more than a vector of floats holds where that has four. */
    private static final int STEP = Lanes.BYTES.length();

    Q8Matrix(MemorySegment data, int rows, int columns) {
        super(data, TensorType.Q8_0, rows, columns);
    }

    @Override
    void pair(long a, long b, float[] x, int xAt, float[] sums, int sumsA, int sumsB) {
        MemorySegment w = data;
        int end = xAt + columns();
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int i = xAt; i < end; i += BLOCK) {
            float scaleA = Float.float16ToFloat(w.get(HALF, a));
            float scaleB = Float.float16ToFloat(w.get(HALF, b));
            for (int j = 0; j < BLOCK; j += STEP) {
                FloatVector v = FloatVector.fromArray(FLOATS, x, i + j);
                sa = Lanes.signed(w, a + 2 + j, 0).mul(scaleA).fma(v, sa);
                sb = Lanes.signed(w, b + 2 + j, 0).mul(scaleB).fma(v, sb);
                if (Lanes.COUNT < STEP) {
                    v = FloatVector.fromArray(FLOATS, x, i + j + Lanes.COUNT);
                    sa = Lanes.signed(w, a + 2 + j, 1).mul(scaleA).fma(v, sa);
                    sb = Lanes.signed(w, b + 2 + j, 1).mul(scaleB).fma(v, sb);
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
        long block = rowAt(row) + from / BLOCK * (long) BLOCK_BYTES;
        int count = to - from;
        for (int i = 0; i < count; i += BLOCK) {
            float scale = Float.float16ToFloat(data.get(HALF, block));
            for (int j = 0; j < BLOCK; j += STEP) {
                Lanes.signed(data, block + 2 + j, 0).mul(scale).intoMemorySegment(out, at + 4L * (i + j), LITTLE_ENDIAN);
                if (Lanes.COUNT < STEP) {
                    Lanes.signed(data, block + 2 + j, 1).mul(scale).intoMemorySegment(out, at + 4L * (i + j + Lanes.COUNT), LITTLE_ENDIAN);
                }
            }
            block += BLOCK_BYTES;
        }
    }
}
