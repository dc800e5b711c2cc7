package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;

import java.lang.foreign.MemorySegment;

import dev.outrider.slm.gguf.TensorType;

/**
 * Weights of 4 to 6 bits in blocks with common scales. A quant is made the weight that it stands for, {@code q * scale + offset} in one
 * rounding, before it is multiplied: the same bits as {@link dev.outrider.slm.gguf.Dequantize}, in registers for one vector and in a panel for
 * several, so that both give the same sums.
 *
 * <p>One row's sums wait for one another, and a row of few bits comes from memory faster than that: rows go in pairs, also where a matrix is
 * {@linkplain #streamed() streamed}.
 */
abstract sealed class QuantMatrix extends CpuMatrix permits Q4Matrix, Q5Matrix, Q4KMatrix, Q5KMatrix, Q6KMatrix {

    QuantMatrix(MemorySegment data, TensorType type, int rows, int columns) {
        super(data, rows, columns, (long) columns / type.valuesPerBlock() * type.bytesPerBlock());
    }

    @Override
    final void multiply(float[] x, int xAt, int from, int to, float[] sums, int sumsAt) {
        for (int row = from; row < to; row += 2) {
            // a last row without a partner is its own
            int partner = Math.min(row + 1, to - 1);
            pair(
                    rowAt(row),
                    rowAt(partner),
                    x,
                    xAt,
                    sums,
                    sumsAt + (row - from) * COUNT,
                    sumsAt + (partner - from) * COUNT);
        }
    }

    /** The sums of the rows that begin at the bytes {@code a} and {@code b}, as in {@link #multiply}. */
    abstract void pair(long a, long b, float[] x, int xAt, float[] sums, int sumsA, int sumsB);
}
