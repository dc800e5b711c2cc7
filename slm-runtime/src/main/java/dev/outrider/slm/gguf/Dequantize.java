package dev.outrider.slm.gguf;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The values that stored blocks stand for, bit-equal to ggml's {@code dequantize_row_*} (ggml-quants.c). Plain loops: the reference that faster
 * kernels are held against.
 */
public final class Dequantize {

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private Dequantize() {}

    /** Whether {@link #values} knows the type. */
    public static boolean supports(TensorType type) {
        return switch (type) {
            case F32, F16, BF16, Q8_0, Q5_0, Q5_1, Q4_0, Q4_1, Q4_K, Q5_K, Q6_K -> true;
            default -> false;
        };
    }

    /**
     * Unpacks whole blocks.
     *
     * @param at offset of the first block in bytes
     * @param count values; a multiple of the type's block
     * @throws IllegalArgumentException if the type is not supported or the count is no multiple of its block
     */
    public static void values(TensorType type, MemorySegment data, long at, int count, float[] out, int outAt) {
        if (!supports(type) || count % type.valuesPerBlock() != 0) {
            throw new IllegalArgumentException(count + " values of type " + type + " cannot be unpacked");
        }
        for (int i = 0; i < count; i += type.valuesPerBlock()) {
            long block = at + (long) i / type.valuesPerBlock() * type.bytesPerBlock();
            switch (type) {
                case F32 -> out[outAt + i] = Float.intBitsToFloat(data.get(INT, block));
                case F16 -> out[outAt + i] = half(data, block);
                case BF16 -> out[outAt + i] = Float.intBitsToFloat(data.get(SHORT, block) << 16);
                case Q8_0 -> q8(data, block, out, outAt + i);
                case Q4_0 -> q4(data, block, 2, half(data, block), -8, -0f, out, outAt + i);
                case Q4_1 -> q4(data, block, 4, half(data, block), 0, half(data, block + 2), out, outAt + i);
                case Q5_0 -> q5(data, block, 2, half(data, block), -16, -0f, out, outAt + i);
                case Q5_1 -> q5(data, block, 4, half(data, block), 0, half(data, block + 2), out, outAt + i);
                case Q4_K -> q4k(data, block, out, outAt + i);
                case Q5_K -> q5k(data, block, out, outAt + i);
                default -> q6k(data, block, out, outAt + i);
            }
        }
    }

    private static float half(MemorySegment data, long at) {
        return Float.float16ToFloat(data.get(SHORT, at));
    }

    private static int unsigned(MemorySegment data, long at) {
        return data.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    private static void q8(MemorySegment data, long block, float[] out, int at) {
        float scale = half(data, block);
        for (int i = 0; i < 32; i++) {
            out[at + i] = scale * data.get(ValueLayout.JAVA_BYTE, block + 2 + i);
        }
    }

    /** Low halves of 16 bytes are the first 16 numbers, high halves the other ones. A minimum of -0 changes no value, nor its sign. */
    private static void q4(
            MemorySegment data, long block, int header, float scale, int zero, float minimum, float[] out, int at) {
        for (int i = 0; i < 16; i++) {
            int pair = unsigned(data, block + header + i);
            out[at + i] = ((pair & 15) + zero) * scale + minimum;
            out[at + 16 + i] = ((pair >> 4) + zero) * scale + minimum;
        }
    }

    /** As {@link #q4}, with the fifth bits of all 32 numbers in one integer before them. */
    private static void q5(
            MemorySegment data, long block, int header, float scale, int zero, float minimum, float[] out, int at) {
        int high = data.get(INT, block + header);
        for (int i = 0; i < 16; i++) {
            int pair = unsigned(data, block + header + 4 + i);
            out[at + i] = ((pair & 15 | (high >>> i & 1) << 4) + zero) * scale + minimum;
            out[at + 16 + i] = ((pair >> 4 | (high >>> (16 + i) & 1) << 4) + zero) * scale + minimum;
        }
    }

    /** Scale number j of the eight that 12 bytes hold in 6 bits each. */
    private static int scale(MemorySegment data, long scales, int j) {
        return j < 4
                ? unsigned(data, scales + j) & 63
                : unsigned(data, scales + j + 4) & 15 | unsigned(data, scales + j - 4) >> 6 << 4;
    }

    private static int minimum(MemorySegment data, long scales, int j) {
        return j < 4
                ? unsigned(data, scales + j + 4) & 63
                : unsigned(data, scales + j + 4) >> 4 | unsigned(data, scales + j) >> 6 << 4;
    }

    private static void q4k(MemorySegment data, long block, float[] out, int at) {
        for (int i = 0; i < 256; i++) {
            int part = i / 32;
            int n = unsigned(data, block + 16 + part / 2 * 32 + i % 32) >> part % 2 * 4 & 15;
            out[at + i] = kValue(data, block, part, n);
        }
    }

    private static void q5k(MemorySegment data, long block, float[] out, int at) {
        for (int i = 0; i < 256; i++) {
            int part = i / 32;
            int n = unsigned(data, block + 48 + part / 2 * 32 + i % 32) >> part % 2 * 4 & 15;
            int high = unsigned(data, block + 16 + i % 32) >> part & 1;
            out[at + i] = kValue(data, block, part, n | high << 4);
        }
    }

    private static float kValue(MemorySegment data, long block, int part, int n) {
        float scale = half(data, block) * scale(data, block + 4, part);
        float minimum = half(data, block + 2) * minimum(data, block + 4, part);
        return scale * n - minimum;
    }

    private static void q6k(MemorySegment data, long block, float[] out, int at) {
        float scale = half(data, block + 208);
        for (int i = 0; i < 256; i++) {
            int half = i / 128;
            int part = i % 128 / 32;
            int low = unsigned(data, block + 64 * half + 32 * (part % 2) + i % 32) >> part / 2 * 4 & 15;
            int high = unsigned(data, block + 128 + 32 * half + i % 32) >> 2 * part & 3;
            out[at + i] = scale * data.get(ValueLayout.JAVA_BYTE, block + 192 + i / 16) * ((low | high << 4) - 32);
        }
    }
}
