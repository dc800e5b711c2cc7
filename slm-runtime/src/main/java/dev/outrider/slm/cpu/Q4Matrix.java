package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.BYTES;
import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static dev.outrider.slm.cpu.Lanes.INTS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

import dev.outrider.slm.gguf.TensorType;

/** Q4_0 and Q4_1: blocks of 32 half bytes. Low halves of 16 bytes are the first 16 quants, high halves the other ones. */
final class Q4Matrix extends CpuMatrix {

    private static final int BLOCK = 32;

    /** Bytes before the quants: the scale, and with Q4_1 the minimum. */
    private final int header;

    Q4Matrix(MemorySegment data, TensorType type, int rows, int columns) {
        super(data, type, rows, columns);
        header = type.bytesPerBlock() - BLOCK / 2;
    }

    @Override
    void pair(long a, long b, float[] x, int xAt, float[] sums, int sumsA, int sumsB) {
        MemorySegment w = data;
        int head = header;
        int end = xAt + columns();
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int i = xAt; i < end; i += BLOCK) {
            float scaleA = Float.float16ToFloat(w.get(HALF, a));
            float scaleB = Float.float16ToFloat(w.get(HALF, b));
            float offsetA = head == 2 ? -8 * scaleA : Float.float16ToFloat(w.get(HALF, a + 2));
            float offsetB = head == 2 ? -8 * scaleB : Float.float16ToFloat(w.get(HALF, b + 2));
            for (int j = 0; j < BLOCK / 2; j += COUNT) {
                FloatVector v = FloatVector.fromArray(FLOATS, x, i + j);
                IntVector qa = (IntVector) (COUNT < 8
                        ? Lanes.four(w, a + head + j)
                        : ByteVector.fromMemorySegment(BYTES, w, a + head + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                IntVector qb = (IntVector) (COUNT < 8
                        ? Lanes.four(w, b + head + j)
                        : ByteVector.fromMemorySegment(BYTES, w, b + head + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                sa = ((FloatVector) qa.and(15).convert(I2F, 0)).fma(scaleA, offsetA).fma(v, sa);
                sb = ((FloatVector) qb.and(15).convert(I2F, 0)).fma(scaleB, offsetB).fma(v, sb);
            }
            for (int j = 0; j < BLOCK / 2; j += COUNT) {
                FloatVector v = FloatVector.fromArray(FLOATS, x, i + BLOCK / 2 + j);
                IntVector qa = (IntVector) (COUNT < 8
                        ? Lanes.four(w, a + head + j)
                        : ByteVector.fromMemorySegment(BYTES, w, a + head + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                IntVector qb = (IntVector) (COUNT < 8
                        ? Lanes.four(w, b + head + j)
                        : ByteVector.fromMemorySegment(BYTES, w, b + head + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                sa = ((FloatVector) qa.lanewise(LSHR, 4).convert(I2F, 0)).fma(scaleA, offsetA).fma(v, sa);
                sb = ((FloatVector) qb.lanewise(LSHR, 4).convert(I2F, 0)).fma(scaleB, offsetB).fma(v, sb);
            }
            a += head + BLOCK / 2;
            b += head + BLOCK / 2;
        }
        sa.intoArray(sums, sumsA);
        sb.intoArray(sums, sumsB);
    }

    @Override
    void unpack(int row, int from, int to, MemorySegment out, long at) {
        MemorySegment w = data;
        int head = header;
        long block = rowAt(row) + (long) from / BLOCK * (head + BLOCK / 2);
        int count = to - from;
        for (int i = 0; i < count; i += BLOCK) {
            float scale = Float.float16ToFloat(w.get(HALF, block));
            float offset = head == 2 ? -8 * scale : Float.float16ToFloat(w.get(HALF, block + 2));
            for (int j = 0; j < BLOCK / 2; j += COUNT) {
                IntVector q = (IntVector) (COUNT < 8
                        ? Lanes.four(w, block + head + j)
                        : ByteVector.fromMemorySegment(BYTES, w, block + head + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                ((FloatVector) q.and(15).convert(I2F, 0)).fma(scale, offset).intoMemorySegment(out, at + 4L * (i + j), LITTLE_ENDIAN);
                ((FloatVector) q.lanewise(LSHR, 4).convert(I2F, 0)).fma(scale, offset).intoMemorySegment(out, at + 4L * (i + BLOCK / 2 + j), LITTLE_ENDIAN);
            }
            block += head + BLOCK / 2;
        }
    }
}
