package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.FLOATS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Weights stored as Q8_0: blocks of 32 signed bytes after a 16-bit float, their common scale. The activations stay 32-bit
 * floats, so the only error against the stored weights is that of float sums.
 */
final class Q8Matrix extends CpuMatrix {

    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 34;

    /** As many bytes as a vector has floats, but at least the 8 bytes of the smallest byte vector. */
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, FLOATS.vectorBitSize() / 4)));

    private static final ValueLayout.OfShort SCALE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    Q8Matrix(MemorySegment data, int rows, int columns) {
        super(data, rows, columns, columns / BLOCK * (long) BLOCK_BYTES);
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

    /** Two rows at a time; with four the compiler no longer inlines everything, at a fifth of the speed. */
    private void two(float[] x, int xAt, float[] y, int yAt, int row, boolean add) {
        MemorySegment w = data;
        long a = rowAt(row);
        long b = rowAt(row + 1);
        int end = xAt + columns();
        FloatVector sa = FloatVector.zero(FLOATS);
        FloatVector sb = FloatVector.zero(FLOATS);
        for (int i = xAt; i < end; i += BLOCK) {
            sa = block(w, a, x, i).fma(FloatVector.broadcast(FLOATS, scale(w, a)), sa);
            sb = block(w, b, x, i).fma(FloatVector.broadcast(FLOATS, scale(w, b)), sb);
            a += BLOCK_BYTES;
            b += BLOCK_BYTES;
        }
        FloatVector sums = Lanes.sums(sa, sb);
        store(y, yAt + row, sums.lane(Lanes.SUM_A), add);
        store(y, yAt + row + 1, sums.lane(Lanes.SUM_B), add);
    }

    private void one(float[] x, int xAt, float[] y, int yAt, int row, boolean add) {
        long a = rowAt(row);
        int end = xAt + columns();
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int i = xAt; i < end; i += BLOCK) {
            sum = block(data, a, x, i).fma(FloatVector.broadcast(FLOATS, scale(data, a)), sum);
            a += BLOCK_BYTES;
        }
        store(y, yAt + row, Lanes.sum(sum), add);
    }

    private static float scale(MemorySegment w, long at) {
        return Float.float16ToFloat(w.get(SCALE, at));
    }

    /** The products of one block without its scale, summed over the vectors of the block. */
    private static FloatVector block(MemorySegment w, long at, float[] x, int xAt) {
        return switch (Lanes.COUNT) {
            case 16 -> quants(w, at + 18, 0).fma(
                    activations(x, xAt + 16), quants(w, at + 2, 0).mul(activations(x, xAt)));
            case 8 -> pair(w, at + 2, 0, at + 10, 0, x, xAt).add(pair(w, at + 18, 0, at + 26, 0, x, xAt + 16));
            default -> pair(w, at + 2, 0, at + 2, 1, x, xAt)
                    .add(pair(w, at + 10, 0, at + 10, 1, x, xAt + 8))
                    .add(pair(w, at + 18, 0, at + 18, 1, x, xAt + 16)
                            .add(pair(w, at + 26, 0, at + 26, 1, x, xAt + 24)));
        };
    }

    private static FloatVector pair(
            MemorySegment w, long at0, int part0, long at1, int part1, float[] x, int xAt) {
        return quants(w, at1, part1)
                .fma(activations(x, xAt + Lanes.COUNT), quants(w, at0, part0).mul(activations(x, xAt)));
    }

    private static FloatVector quants(MemorySegment w, long at, int part) {
        return (FloatVector) ByteVector.fromMemorySegment(BYTES, w, at, LITTLE_ENDIAN)
                .convertShape(VectorOperators.B2F, FLOATS, part);
    }

    private static FloatVector activations(float[] x, int at) {
        return FloatVector.fromArray(FLOATS, x, at);
    }

    @Override
    void unpack(int row, int from, int to, float[] out, int at) {
        long block = rowAt(row) + from / BLOCK * (long) BLOCK_BYTES;
        int end = at + to - from;
        for (int i = at; i < end; i += BLOCK) {
            float scale = scale(data, block);
            switch (Lanes.COUNT) {
                case 16 -> {
                    quants(data, block + 2, 0).mul(scale).intoArray(out, i);
                    quants(data, block + 18, 0).mul(scale).intoArray(out, i + 16);
                }
                case 8 -> {
                    quants(data, block + 2, 0).mul(scale).intoArray(out, i);
                    quants(data, block + 10, 0).mul(scale).intoArray(out, i + 8);
                    quants(data, block + 18, 0).mul(scale).intoArray(out, i + 16);
                    quants(data, block + 26, 0).mul(scale).intoArray(out, i + 24);
                }
                default -> {
                    for (int j = 0; j < BLOCK; j += 8) {
                        quants(data, block + 2 + j, 0).mul(scale).intoArray(out, i + j);
                        quants(data, block + 2 + j, 1).mul(scale).intoArray(out, i + j + 4);
                    }
                }
            }
            block += BLOCK_BYTES;
        }
    }
}
