package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

import dev.outrider.slm.gguf.TensorType;

/** Weights stored as 32-bit floats. */
final class F32Matrix extends CpuMatrix {

    F32Matrix(MemorySegment data, int rows, int columns) {
        super(data, TensorType.F32, rows, columns);
    }

    @Override
    void pair(long a, long b, float[] x, int xAt, float[] sums, int sumsA, int sumsB) {
        MemorySegment w = data;
        int bound = Lanes.bound(columns());
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, xAt + i);
            long offset = 4L * i;
            sa = FloatVector.fromMemorySegment(FLOATS, w, a + offset, LITTLE_ENDIAN).fma(v, sa);
            sb = FloatVector.fromMemorySegment(FLOATS, w, b + offset, LITTLE_ENDIAN).fma(v, sb);
        }
        sa.intoArray(sums, sumsA);
        sb.intoArray(sums, sumsB);
    }

    @Override
    void unpack(int row, int from, int to, MemorySegment out, long at) {
        MemorySegment.copy(data, rowAt(row) + 4L * from, out, at, 4L * (to - from));
    }
}
