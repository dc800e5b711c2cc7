package dev.outrider.slm.cuda.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.Random;

import dev.outrider.slm.cuda.kernels.KernelLibrary.Size;
import dev.outrider.slm.gguf.Dequantize;
import dev.outrider.slm.gguf.TensorType;

/**
 * A random matrix: its values, and its memory in the layout of the kernels.
 *
 * @param values row by row
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Weights(TensorType type, int rows, int columns, float[] values, MemorySegment memory) {

    static final List<TensorType> TYPES = List.of(
            TensorType.F32,
            TensorType.F16,
            TensorType.BF16,
            TensorType.Q8_0,
            TensorType.Q5_0,
            TensorType.Q5_1,
            TensorType.Q4_0,
            TensorType.Q4_1,
            TensorType.Q4_K,
            TensorType.Q5_K,
            TensorType.Q6_K);

    /** The kernel of this type. */
    static String kernel(String prefix, TensorType type) {
        return prefix + type.name().toLowerCase(Locale.ROOT);
    }

    /** Blocks of 32 columns that a group has, and bytes of a unit of 16 rows and a group: the table in README.md. */
    private static int[] unit(TensorType type) {
        return switch (type) {
            case F32 -> new int[] {1, 2048};
            case F16, BF16 -> new int[] {1, 1024};
            case Q8_0 -> new int[] {2, 1088};
            case Q4_0 -> new int[] {4, 1152};
            case Q4_1 -> new int[] {4, 1280};
            case Q5_0 -> new int[] {4, 1408};
            case Q5_1 -> new int[] {4, 1536};
            case Q4_K -> new int[] {4, 1184};
            case Q5_K -> new int[] {4, 1440};
            case Q6_K -> new int[] {4, 1696};
            default -> throw new IllegalArgumentException(type.name());
        };
    }

    static long bytes(TensorType type, int rows, int columns) {
        int[] unit = unit(type);
        return (long) Math.ceilDiv(rows, 16) * Math.ceilDiv(columns, 32 * unit[0]) * unit[1];
    }

    /** Rounds up to what the type can store. */
    static int columns(TensorType type, int wanted) {
        return Math.ceilDiv(wanted, type.valuesPerBlock()) * type.valuesPerBlock();
    }

    /** Random weights of size about 1 / sqrt(columns), sent to the kernels in two pieces. */
    static Weights random(KernelLibrary kernels, TensorType type, int rows, int columns, Random random) {
        int rowBytes = columns / type.valuesPerBlock() * type.bytesPerBlock();
        MemorySegment raw = Memory.bytes((long) rows * rowBytes);
        for (long i = 0; i < raw.byteSize(); i++) {
            raw.set(JAVA_BYTE, i, (byte) random.nextInt());
        }
        for (int i = 0; i < rows * (columns / type.valuesPerBlock()); i++) {
            long block = (long) i * type.bytesPerBlock();
            float size = (float) (random.nextGaussian() / Math.sqrt(columns));
            switch (type) {
                case F32 -> raw.set(JAVA_FLOAT_UNALIGNED, block, size);
                case F16 -> half(raw, block, size);
                case BF16 -> raw.set(JAVA_SHORT_UNALIGNED, block, (short) (Float.floatToRawIntBits(size) >>> 16));
                case Q8_0 -> half(raw, block, size / 80);
                case Q4_0, Q5_0 -> half(raw, block, size / 8);
                case Q4_1, Q5_1 -> {
                    half(raw, block, size / 8);
                    half(raw, block + 2, size);
                }
                case Q4_K, Q5_K -> {
                    half(raw, block, size / 256);
                    half(raw, block + 2, size / 32);
                }
                default -> half(raw, block + 208, size / 2048);
            }
        }
        float[] values = new float[rows * columns];
        Dequantize.values(type, raw, 0, values.length, values, 0);
        MemorySegment memory = Memory.bytes(bytes(type, rows, columns));
        int first = 16 * random.nextInt(rows / 16 + 1);
        repack(kernels, type, raw, 0, first, rows, columns, memory);
        repack(kernels, type, raw.asSlice((long) first * rowBytes), first, rows - first, rows, columns, memory);
        return new Weights(type, rows, columns, values, memory);
    }

    private static void half(MemorySegment raw, long at, float value) {
        raw.set(JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
    }

    private static void repack(
            KernelLibrary kernels,
            TensorType type,
            MemorySegment raw,
            int firstRow,
            int count,
            int rows,
            int columns,
            MemorySegment memory) {
        if (count > 0) {
            kernels.launchOnce(
                    kernel("repack_", type), Size.of(Math.ceilDiv(count, 16)), 256, 0, raw, firstRow, count, rows, columns, memory);
        }
    }

    /** {@code x . matrix^T} in double, for {@code count} rows. */
    double[] product(double[] x, int count) {
        double[] out = new double[count * rows];
        for (int i = 0; i < count; i++) {
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                for (int c = 0; c < columns; c++) {
                    sum += x[i * columns + c] * values[row * columns + c];
                }
                out[i * rows + row] = sum;
            }
        }
        return out;
    }
}
