package dev.outrider.bench.gpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

import dev.outrider.slm.gguf.TensorType;

/** Random weights in any storage type, valid block by block; layouts are those of ggml's {@code block_*} structures. */
final class StoredWeights {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private StoredWeights() {}

    /** Bytes of so many values. */
    static long bytes(TensorType type, long values) {
        return values / type.valuesPerBlock() * type.bytesPerBlock();
    }

    /** Fills whole blocks with values whose standard deviation is about {@code scale}. */
    static void fill(TensorType type, MemorySegment to, float scale, SplittableRandom random) {
        long at = 0;
        for (; at + 8 <= to.byteSize(); at += 8) {
            to.set(LONG, at, random.nextLong());
        }
        for (; at < to.byteSize(); at++) {
            to.set(JAVA_BYTE, at, (byte) random.nextInt());
        }
        for (long block = 0; block < to.byteSize(); block += type.bytesPerBlock()) {
            switch (type) {
                // uniform in +-sqrt(3) scale
                case F32 -> to.set(FLOAT, block, (float) (random.nextDouble() * 2 - 1) * 1.732f * scale);
                case F16 -> half(to, block, (float) (random.nextDouble() * 2 - 1) * 1.732f * scale);
                case BF16 -> {
                    float value = (float) (random.nextDouble() * 2 - 1) * 1.732f * scale;
                    to.set(SHORT, block, (short) (Float.floatToRawIntBits(value) >>> 16));
                }
                case Q8_0 -> half(to, block, scale / 74);
                case Q4_0 -> half(to, block, scale / 4.6f);
                case Q4_1 -> pair(to, block, scale / 4.6f, -7.5f * scale / 4.6f);
                case Q5_0 -> half(to, block, scale / 9.2f);
                case Q5_1 -> pair(to, block, scale / 9.2f, -15.5f * scale / 9.2f);
                case Q4_K -> pair(to, block, scale / 250, 7.5f * scale / 250);
                case Q5_K -> pair(to, block, scale / 500, 15.5f * scale / 500);
                case Q6_K -> half(to, block + 208, scale / 1350);
                default -> throw new IllegalArgumentException("no weights of type " + type);
            }
        }
    }

    private static void half(MemorySegment to, long at, float value) {
        to.set(SHORT, at, Float.floatToFloat16(value));
    }

    private static void pair(MemorySegment to, long at, float first, float second) {
        half(to, at, first);
        half(to, at + 2, second);
    }
}
