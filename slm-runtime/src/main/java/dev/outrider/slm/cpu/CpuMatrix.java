package dev.outrider.slm.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

import dev.outrider.slm.model.Backend;

/** A matrix of weights as stored in the file, row by row; a row holds the weights of one output. */
abstract sealed class CpuMatrix implements Backend.Matrix
        permits F32Matrix, F16Matrix, Bf16Matrix, Q8Matrix, QuantMatrix {

    static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    /** About the second-level cache of one core. */
    private static final long LARGEST_CACHED_BYTES = 1 << 20;

    final MemorySegment data;
    final long rowBytes;
    private final int rows;
    private final int columns;

    CpuMatrix(MemorySegment data, int rows, int columns, long rowBytes) {
        this.data = data;
        this.rows = rows;
        this.columns = columns;
        this.rowBytes = rowBytes;
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
     * @param x holds the vector of {@link #columns()} values from {@code xAt} on
     * @param from first row
     * @param to row after the last
     * @param sums receives the vector of row {@code r} at {@code sumsAt + (r - from) * COUNT}
     */
    abstract void multiply(float[] x, int xAt, int from, int to, float[] sums, int sumsAt);

    /** Writes the weights {@code [from, to)} of a row as floats to native memory; both are multiples of 256 or the row's ends. */
    abstract void unpack(int row, int from, int to, MemorySegment out, long at);

    /**
     * Whether the matrix is so large that its rows come from memory: they are then taken one after the other, because the hardware
     * prefetches one long run of addresses better than several short ones side by side. In the cache several rows at a time
     * are faster, as they share the loads of x. Both give the same bits.
     */
    final boolean streamed() {
        return rows * rowBytes > LARGEST_CACHED_BYTES;
    }

    /** Byte offset of a row. */
    final long rowAt(int row) {
        return row * rowBytes;
    }
}
