package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

import dev.outrider.slm.gguf.TensorType;

/** Weights stored as the upper half of 32-bit floats. */
final class Bf16Matrix extends CpuMatrix {

    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

    private static final ValueLayout.OfShort VALUE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    Bf16Matrix(MemorySegment data, int rows, int columns) {
        super(data, TensorType.BF16, rows, columns);
    }

    @Override
    void pair(long a, long b, float[] x, int xAt, float[] sums, int sumsA, int sumsB) {
        MemorySegment w = data;
        int bound = Lanes.bound(columns());
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            sa = Lanes.upperHalves(ShortVector.fromMemorySegment(SHORTS, w, a + 2L * i, LITTLE_ENDIAN)).fma(v, sa);
            sb = Lanes.upperHalves(ShortVector.fromMemorySegment(SHORTS, w, b + 2L * i, LITTLE_ENDIAN)).fma(v, sb);
        }
        sa.intoArray(sums, sumsA);
        sb.intoArray(sums, sumsB);
    }

    private float value(long rowAt, int i) {
        return Float.intBitsToFloat(data.get(VALUE, rowAt + 2L * i) << 16);
    }

    @Override
    void unpack(int row, int from, int to, MemorySegment out, long at) {
        long rowAt = rowAt(row);
        int bound = from + Lanes.bound(to - from);
        int i = from;
        for (; i < bound; i += COUNT) {
            Lanes.upperHalves(ShortVector.fromMemorySegment(SHORTS, data, rowAt + 2L * i, LITTLE_ENDIAN))
                    .intoMemorySegment(out, at + 4L * (i - from), LITTLE_ENDIAN);
        }
        for (; i < to; i++) {
            out.set(FLOAT, at + 4L * (i - from), value(rowAt, i));
        }
    }
}
