package dev.outrider.slm.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The parameters of one launch: the values, each in 8 bytes of its own, and an array of pointers to them. The driver copies them
 * when it is called, so one object serves launch after launch.
 */
final class KernelArguments {

    private static final int MOST = 32;

    private final MemorySegment values;
    private final MemorySegment pointers;
    private final char[] kinds = new char[MOST];
    private int count;

    KernelArguments(Arena arena) {
        values = arena.allocate(JAVA_LONG, MOST);
        pointers = arena.allocate(JAVA_LONG, MOST);
        for (int i = 0; i < MOST; i++) {
            pointers.setAtIndex(JAVA_LONG, i, values.address() + 8L * i);
        }
    }

    KernelArguments start() {
        count = 0;
        return this;
    }

    KernelArguments pointer(long address) {
        kinds[count] = 'p';
        values.setAtIndex(JAVA_LONG, count++, address);
        return this;
    }

    KernelArguments integer(int value) {
        kinds[count] = 'i';
        values.set(JAVA_INT, 8L * count++, value);
        return this;
    }

    KernelArguments real(float value) {
        kinds[count] = 'f';
        values.set(JAVA_FLOAT, 8L * count++, value);
        return this;
    }

    /** One letter a parameter: p for a pointer, i for an int, f for a float. */
    String kinds() {
        return new String(kinds, 0, count);
    }

    MemorySegment pointers() {
        return pointers;
    }
}
