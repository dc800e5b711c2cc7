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
    void multiply(float[] x, int xAt, float[] y, int yAt, int from, int to, boolean add) {
        int row = from;
        for (; !streamed() && row + 4 <= to; row += 4) {
            four(x, xAt, y, yAt, row, add);
        }
        for (; row < to; row++) {
            one(x, xAt, y, yAt, row, add);
        }
    }

    /** Four rows at a time: they share the loads of x, and their sums do not wait for one another. */
    private void four(float[] x, int xAt, float[] y, int yAt, int row, boolean add) {
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
            long at = 4L * i;
            sa = FloatVector.fromMemorySegment(FLOATS, w, a + at, LITTLE_ENDIAN).fma(v, sa);
            sb = FloatVector.fromMemorySegment(FLOATS, w, b + at, LITTLE_ENDIAN).fma(v, sb);
            sc = FloatVector.fromMemorySegment(FLOATS, w, c + at, LITTLE_ENDIAN).fma(v, sc);
            sd = FloatVector.fromMemorySegment(FLOATS, w, d + at, LITTLE_ENDIAN).fma(v, sd);
        }
        FloatVector sums = Lanes.sums(sa, sb, sc, sd);
        store(y, yAt + row, sums.lane(Lanes.SUM_A) + tail(x, xAt, a), add);
        store(y, yAt + row + 1, sums.lane(Lanes.SUM_B) + tail(x, xAt, b), add);
        store(y, yAt + row + 2, sums.lane(Lanes.SUM_C) + tail(x, xAt, c), add);
        store(y, yAt + row + 3, sums.lane(Lanes.SUM_D) + tail(x, xAt, d), add);
    }

    private void one(float[] x, int xAt, float[] y, int yAt, int row, boolean add) {
        long a = rowAt(row);
        int bound = Lanes.bound(columns());
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            sum = FloatVector.fromMemorySegment(FLOATS, data, a + 4L * i, LITTLE_ENDIAN)
                    .fma(FloatVector.fromArray(FLOATS, x, xAt + i), sum);
        }
        store(y, yAt + row, Lanes.sum(sum) + tail(x, xAt, a), add);
    }

    private float tail(float[] x, int xAt, long rowAt) {
        float sum = 0;
        for (int i = Lanes.bound(columns()); i < columns(); i++) {
            sum += data.get(VALUE, rowAt + 4L * i) * x[xAt + i];
        }
        return sum;
    }

    @Override
    void unpack(int row, int from, int to, float[] out, int at) {
        MemorySegment.copy(data, VALUE, rowAt(row) + 4L * from, out, at, to - from);
    }
}
