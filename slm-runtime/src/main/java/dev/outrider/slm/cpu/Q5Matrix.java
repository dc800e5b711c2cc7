package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.BYTES;
import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static dev.outrider.slm.cpu.Lanes.INTS;
import static dev.outrider.slm.cpu.Lanes.IOTA;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

import dev.outrider.slm.gguf.TensorType;

/** Q5_0 and Q5_1: as {@link Q4Matrix}, with the fifth bits of all 32 quants in one integer before the half bytes. */
final class Q5Matrix extends CpuMatrix {

    private static final int BLOCK = 32;

    /** Bytes before the fifth bits: the scale, and with Q5_1 the minimum. */
    private final int header;

    Q5Matrix(MemorySegment data, TensorType type, int rows, int columns) {
        super(data, type, rows, columns);
        header = type.bytesPerBlock() - 4 - BLOCK / 2;
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
            float offsetA = head == 2 ? -16 * scaleA : Float.float16ToFloat(w.get(HALF, a + 2));
            float offsetB = head == 2 ? -16 * scaleB : Float.float16ToFloat(w.get(HALF, b + 2));
            int highA = w.get(INT, a + head);
            int highB = w.get(INT, b + head);
            a += head + 4;
            b += head + 4;
            for (int j = 0; j < BLOCK / 2; j += COUNT) {
                FloatVector v = FloatVector.fromArray(FLOATS, x, i + j);
                // lane n has bit j + n where its fifth bit belongs
                IntVector fa = IntVector.broadcast(INTS, (highA & 0xffff) << 4 >>> j).lanewise(LSHR, IOTA).and(16);
                IntVector fb = IntVector.broadcast(INTS, (highB & 0xffff) << 4 >>> j).lanewise(LSHR, IOTA).and(16);
                IntVector qa = (IntVector) (COUNT < 8
                        ? Lanes.four(w, a + j)
                        : ByteVector.fromMemorySegment(BYTES, w, a + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                IntVector qb = (IntVector) (COUNT < 8
                        ? Lanes.four(w, b + j)
                        : ByteVector.fromMemorySegment(BYTES, w, b + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                sa = ((FloatVector) qa.and(15).or(fa).convert(I2F, 0)).fma(scaleA, offsetA).fma(v, sa);
                sb = ((FloatVector) qb.and(15).or(fb).convert(I2F, 0)).fma(scaleB, offsetB).fma(v, sb);
            }
            for (int j = 0; j < BLOCK / 2; j += COUNT) {
                FloatVector v = FloatVector.fromArray(FLOATS, x, i + BLOCK / 2 + j);
                IntVector fa = IntVector.broadcast(INTS, highA >>> 12 + j).lanewise(LSHR, IOTA).and(16);
                IntVector fb = IntVector.broadcast(INTS, highB >>> 12 + j).lanewise(LSHR, IOTA).and(16);
                IntVector qa = (IntVector) (COUNT < 8
                        ? Lanes.four(w, a + j)
                        : ByteVector.fromMemorySegment(BYTES, w, a + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                IntVector qb = (IntVector) (COUNT < 8
                        ? Lanes.four(w, b + j)
                        : ByteVector.fromMemorySegment(BYTES, w, b + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                sa = ((FloatVector) qa.lanewise(LSHR, 4).or(fa).convert(I2F, 0)).fma(scaleA, offsetA).fma(v, sa);
                sb = ((FloatVector) qb.lanewise(LSHR, 4).or(fb).convert(I2F, 0)).fma(scaleB, offsetB).fma(v, sb);
            }
            a += BLOCK / 2;
            b += BLOCK / 2;
        }
        sa.intoArray(sums, sumsA);
        sb.intoArray(sums, sumsB);
    }

    @Override
    void unpack(int row, int from, int to, MemorySegment out, long at) {
        MemorySegment w = data;
        int head = header;
        long block = rowAt(row) + (long) from / BLOCK * (head + 4 + BLOCK / 2);
        int count = to - from;
        for (int i = 0; i < count; i += BLOCK) {
            float scale = Float.float16ToFloat(w.get(HALF, block));
            float offset = head == 2 ? -16 * scale : Float.float16ToFloat(w.get(HALF, block + 2));
            int high = w.get(INT, block + head);
            block += head + 4;
            for (int j = 0; j < BLOCK / 2; j += COUNT) {
                IntVector f = IntVector.broadcast(INTS, (high & 0xffff) << 4 >>> j).lanewise(LSHR, IOTA).and(16);
                IntVector g = IntVector.broadcast(INTS, high >>> 12 + j).lanewise(LSHR, IOTA).and(16);
                IntVector q = (IntVector) (COUNT < 8
                        ? Lanes.four(w, block + j)
                        : ByteVector.fromMemorySegment(BYTES, w, block + j, LITTLE_ENDIAN).convertShape(ZERO_EXTEND_B2I, INTS, 0));
                ((FloatVector) q.and(15).or(f).convert(I2F, 0)).fma(scale, offset).intoMemorySegment(out, at + 4L * (i + j), LITTLE_ENDIAN);
                ((FloatVector) q.lanewise(LSHR, 4).or(g).convert(I2F, 0)).fma(scale, offset).intoMemorySegment(out, at + 4L * (i + BLOCK / 2 + j), LITTLE_ENDIAN);
            }
            block += BLOCK / 2;
        }
    }
}
