package dev.outrider.slm.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;

/** Weights as files store them: random quants under random scales, so that every bit of a block takes part. */
public final class RandomBlocks {

    /** The types that {@link Dequantize} knows. */
    public static final List<TensorType> TYPES = List.of(
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

    private RandomBlocks() {}

    /**
     * Native memory with random weights.
     *
     * @param count values; a multiple of the type's block
     * @param size about the standard deviation of the values
     */
    public static MemorySegment allocate(TensorType type, int count, double size, Random random) {
        MemorySegment raw = Arena.ofAuto().allocate((long) count / type.valuesPerBlock() * type.bytesPerBlock());
        for (long i = 0; i < raw.byteSize(); i++) {
            raw.set(JAVA_BYTE, i, (byte) random.nextInt());
        }
        for (long block = 0; block < raw.byteSize(); block += type.bytesPerBlock()) {
            float scale = (float) (random.nextGaussian() * size);
            switch (type) {
                case F32 -> raw.set(JAVA_FLOAT_UNALIGNED, block, scale);
                case F16 -> half(raw, block, scale);
                case BF16 -> raw.set(JAVA_SHORT_UNALIGNED, block, (short) (Float.floatToRawIntBits(scale) >>> 16));
                case Q8_0 -> half(raw, block, scale / 74);
                case Q5_0 -> half(raw, block, scale / 9);
                case Q4_0 -> half(raw, block, scale / 4.6f);
                case Q5_1, Q4_1 -> {
                    half(raw, block, scale / (type == TensorType.Q5_1 ? 16 : 8));
                    half(raw, block + 2, -scale);
                }
                case Q5_K, Q4_K -> {
                    half(raw, block, scale / (type == TensorType.Q5_K ? 600 : 300));
                    half(raw, block + 2, scale / 40);
                }
                case Q6_K -> half(raw, block + 208, scale / 1400);
                default -> throw new IllegalArgumentException("no blocks of type " + type);
            }
        }
        return raw;
    }

    private static void half(MemorySegment raw, long at, float value) {
        raw.set(JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
    }

    /** The values that such memory stands for. */
    public static float[] values(TensorType type, MemorySegment raw, int count) {
        float[] values = new float[count];
        Dequantize.values(type, raw, 0, count, values, 0);
        return values;
    }
}
