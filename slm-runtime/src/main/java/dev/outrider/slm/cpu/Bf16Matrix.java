package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Weights stored as the upper half of 32-bit floats. */
final class Bf16Matrix extends CpuMatrix {

    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

    private static final ValueLayout.OfShort VALUE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    Bf16Matrix(MemorySegment data, int rows, int columns) {
        super(data, rows, columns, 2L * columns);
    }

    @Override
    void multiply(float[] x, int xAt, float[] y, int yAt, int from, int to, boolean add) {
        int row = from;
        for (; !streamed() && row + 2 <= to; row += 2) {
            two(x, xAt, y, yAt, row, add);
        }
        for (; row < to; row++) {
            one(x, xAt, y, yAt, row, add);
        }
    }

    private void two(float[] x, int xAt, float[] y, int yAt, int row, boolean add) {
        MemorySegment w = data;
        long a = rowAt(row);
        long b = rowAt(row + 1);
        int bound = Lanes.bound(columns());
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            sa = widen(ShortVector.fromMemorySegment(SHORTS, w, a + 2L * i, LITTLE_ENDIAN)).fma(v, sa);
            sb = widen(ShortVector.fromMemorySegment(SHORTS, w, b + 2L * i, LITTLE_ENDIAN)).fma(v, sb);
        }
        FloatVector sums = Lanes.sums(sa, sb);
        store(y, yAt + row, sums.lane(Lanes.SUM_A) + tail(x, xAt, a), add);
        store(y, yAt + row + 1, sums.lane(Lanes.SUM_B) + tail(x, xAt, b), add);
    }

    private void one(float[] x, int xAt, float[] y, int yAt, int row, boolean add) {
        long a = rowAt(row);
        int bound = Lanes.bound(columns());
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            sum = widen(ShortVector.fromMemorySegment(SHORTS, data, a + 2L * i, LITTLE_ENDIAN))
                    .fma(FloatVector.fromArray(FLOATS, x, xAt + i), sum);
        }
        store(y, yAt + row, Lanes.sum(sum) + tail(x, xAt, a), add);
    }

    private float tail(float[] x, int xAt, long rowAt) {
        float sum = 0;
        for (int i = Lanes.bound(columns()); i < columns(); i++) {
            sum += value(rowAt, i) * x[xAt + i];
        }
        return sum;
    }

    private float value(long rowAt, int i) {
        return Float.intBitsToFloat(data.get(VALUE, rowAt + 2L * i) << 16);
    }

    @Override
    void unpack(int row, int from, int to, float[] out, int at) {
        long rowAt = rowAt(row);
        int bound = from + Lanes.bound(to - from);
        int i = from;
        for (; i < bound; i += COUNT) {
            widen(ShortVector.fromMemorySegment(SHORTS, data, rowAt + 2L * i, LITTLE_ENDIAN))
                    .intoArray(out, at + i - from);
        }
        for (; i < to; i++) {
            out[at + i - from] = value(rowAt, i);
        }
    }

    private static FloatVector widen(ShortVector bits) {
        IntVector ints = (IntVector) bits.convertShape(VectorOperators.S2I, Lanes.INTS, 0);
        return ints.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }
}
