package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** Weights stored as 32-bit floats. */
final class F32Matrix extends CpuMatrix {

    private static final ValueLayout.OfFloat VALUE = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    F32Matrix(MemorySegment data, int rows, int columns) {
        super(data, rows, columns, 4L * columns);
    }

    @Override
    void multiply(float[] x, int xAt, int from, int to, float[] sums, int sumsAt) {
        int row = from;
        for (; !streamed() && row + 4 <= to; row += 4) {
            four(x, xAt, row, sums, sumsAt + (row - from) * COUNT);
        }
        for (; row < to; row++) {
            one(x, xAt, row, sums, sumsAt + (row - from) * COUNT);
        }
    }

    /** Four rows at a time: they share the loads of x, and their sums do not wait for one another. */
    private void four(float[] x, int xAt, int row, float[] sums, int at) {
        MemorySegment w = data;
        long a = rowAt(row);
        long b = rowAt(row + 1);
        long c = rowAt(row + 2);
        long d = rowAt(row + 3);
        int bound = Lanes.bound(columns());
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        FloatVector sc = FloatVector.zero(FLOATS);
        FloatVector sd = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            long offset = 4L * i;
            sa = FloatVector.fromMemorySegment(FLOATS, w, a + offset, LITTLE_ENDIAN).fma(v, sa);
            sb = FloatVector.fromMemorySegment(FLOATS, w, b + offset, LITTLE_ENDIAN).fma(v, sb);
            sc = FloatVector.fromMemorySegment(FLOATS, w, c + offset, LITTLE_ENDIAN).fma(v, sc);
            sd = FloatVector.fromMemorySegment(FLOATS, w, d + offset, LITTLE_ENDIAN).fma(v, sd);
        }
        sa.intoArray(sums, at);
        sb.intoArray(sums, at + COUNT);
        sc.intoArray(sums, at + 2 * COUNT);
        sd.intoArray(sums, at + 3 * COUNT);
    }

    private void one(float[] x, int xAt, int row, float[] sums, int at) {
        long a = rowAt(row);
        int bound = Lanes.bound(columns());
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            sum = FloatVector.fromMemorySegment(FLOATS, data, a + 4L * i, LITTLE_ENDIAN)
                    .fma(FloatVector.fromArray(FLOATS, x, xAt + i), sum);
        }
        sum.intoArray(sums, at);
    }

    @Override
    void unpack(int row, int from, int to, MemorySegment out, long at) {
        MemorySegment.copy(data, rowAt(row) + 4L * from, out, at, 4L * (to - from));
    }
}
