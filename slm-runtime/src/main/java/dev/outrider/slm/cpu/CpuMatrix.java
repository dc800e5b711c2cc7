package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import dev.outrider.slm.gguf.TensorType;
import dev.outrider.slm.model.Backend;

/**
 * A matrix of weights as stored in the file, row by row; a row holds the weights of one output.
 *
 * <p>Quants are made the weights that they stand for, {@code q * scale + offset} in one rounding, before they are multiplied: the same bits as
 * {@link dev.outrider.slm.gguf.Dequantize}, in registers for one vector and in a panel for several, so that both give the same sums.
 */
abstract sealed class CpuMatrix implements Backend.Matrix
        permits F32Matrix, F16Matrix, Bf16Matrix, Q8Matrix, Q5Matrix, Q4Matrix, Q4KMatrix, Q5KMatrix, Q6KMatrix {

    static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private static final int CACHE_LINE = 64;

    final MemorySegment data;
    final long rowBytes;
    private final int rows;
    private final int columns;

    CpuMatrix(MemorySegment data, TensorType type, int rows, int columns) {
        this.data = data;
        this.rows = rows;
        this.columns = columns;
        rowBytes = (long) columns / type.valuesPerBlock() * type.bytesPerBlock();
    }

    @Override
    public final int rows() {
        return rows;
    }

    @Override
    public final int columns() {
        return columns;
    }

    /**
     * One vector times some rows, as vectors of sums: lane {@code j} at row {@code r} holds the sum over all whole vectors {@code i} of
     * {@code row(r)[i * COUNT + j] * x[i * COUNT + j]}, in order, each multiplied and added in one rounding.
     *
     * <p>Rows go in pairs, for the sums of one row wait for one another. The two of a pair lie half of the rows apart: each half is then one
     * long run of addresses, which the hardware fetches ahead. Neighbours would be two short runs in the same page, which it does not:
     * from memory that takes two to three times as long.
     *
     * @param x holds the vector of {@link #columns()} values from {@code xAt} on
     * @param from first row
     * @param to row after the last
     * @param sums receives the vector of row {@code r} at {@code sumsAt + (r - from) * COUNT}
     */
    final void multiply(float[] x, int xAt, int from, int to, float[] sums, int sumsAt) {
        int half = (to - from + 1) / 2;
        for (int row = from; row < from + half; row++) {
            // the middle one of an odd number of rows is its own partner, or that of the last row
            int partner = Math.min(row + half, to - 1);
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

    /** Writes the weights {@code [from, to)} of a row as floats to native memory; both are multiples of 256 or the row's ends. */
    abstract void unpack(int row, int from, int to, MemorySegment out, long at);

    /**
     * Reads a byte of every cache line that holds columns {@code [begin, end)} of the rows {@code [from, to)}: what is not in the cache is then on its
     * way, many lines at a time.
     *
     * @return the sum of those bytes, of no meaning but to be used
     */
    final int fetch(int from, int to, int begin, int end) {
        MemorySegment w = data;
        int sum = 0;
        for (int row = from; row < to; row++) {
            long last = rowAt(row) + rowBytes * end / columns;
            for (long at = rowAt(row) + rowBytes * begin / columns; at < last; at += CACHE_LINE) {
                sum += w.get(ValueLayout.JAVA_BYTE, at);
            }
        }
        return sum;
    }

    /** Byte offset of a row. */
    final long rowAt(int row) {
        return row * rowBytes;
    }
}
