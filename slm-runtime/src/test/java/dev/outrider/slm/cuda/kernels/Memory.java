package dev.outrider.slm.cuda.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * Memory as kernels see it, aligned like that of a GPU. Fresh memory holds NaN, and so do the guards on both sides: what is read there spoils
 * results, and what is written there is noticed.
 */
final class Memory {

    private Memory() {}

    private static final long GUARD = 256;

    static MemorySegment bytes(long count) {
        return Arena.ofAuto().allocate(count + 2 * GUARD, 256).fill((byte) 0xff).asSlice(GUARD, count);
    }

    /** Whether nobody wrote beyond memory that came from here. */
    static boolean guarded(MemorySegment memory) {
        return untouched(memory.address() - GUARD) && untouched(memory.address() + memory.byteSize());
    }

    private static boolean untouched(long guard) {
        MemorySegment bytes = MemorySegment.ofAddress(guard).reinterpret(GUARD);
        for (long i = 0; i < GUARD; i++) {
            if (bytes.get(JAVA_BYTE, i) != -1) {
                return false;
            }
        }
        return true;
    }

    static MemorySegment floats(long count) {
        return bytes(4 * count);
    }

    static MemorySegment zeros(long count) {
        return floats(count).fill((byte) 0);
    }

    static MemorySegment of(float... values) {
        MemorySegment memory = floats(values.length);
        MemorySegment.copy(values, 0, memory, JAVA_FLOAT, 0, values.length);
        return memory;
    }

    static MemorySegment of(int... values) {
        MemorySegment memory = floats(values.length);
        MemorySegment.copy(values, 0, memory, JAVA_INT, 0, values.length);
        return memory;
    }

    static MemorySegment of(byte... values) {
        MemorySegment memory = bytes(values.length);
        MemorySegment.copy(values, 0, memory, JAVA_BYTE, 0, values.length);
        return memory;
    }

    static float[] floats(MemorySegment memory) {
        return memory.toArray(JAVA_FLOAT);
    }

    static float[] gaussian(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
