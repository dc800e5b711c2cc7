package dev.outrider.slm.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * What changes from step to step, tokens, pointers and lengths, written on the host and brought to the GPU in one copy before the
 * step's kernels. The device address stays the same, so recorded launches find the new values. Host buffers take turns, for the
 * GPU may still be copying the one of the step before.
 */
final class StepTables implements AutoCloseable {

    private static final int TURNS = 3;
    private static final int ALIGNMENT = 16;

    private final CudaContext context;
    private final Runnable onMove;
    private final PinnedMemory[] host = new PinnedMemory[TURNS];
    private final CudaEvent[] copied = new CudaEvent[TURNS];
    private DeviceMemory device;
    private int turn;
    private int used;

    /** @param onMove told when the device address has changed, so that recordings made with the old one are void */
    StepTables(CudaContext context, int bytes, Runnable onMove) {
        this.context = context;
        this.onMove = onMove;
        device = context.allocate(bytes, "the tables of a step");
        for (int i = 0; i < TURNS; i++) {
            host[i] = context.allocateHost(bytes, "the tables of a step");
            copied[i] = context.createEvent(false);
        }
    }

    /** Starts anew, in a buffer that the GPU does not read any more. */
    void begin() {
        turn = (turn + 1) % TURNS;
        copied[turn].await();
        used = 0;
    }

    /**
     * Makes room.
     *
     * @return the offset of the first byte
     */
    int reserve(long bytes) {
        int at = used;
        long end = Math.ceilDiv(at + bytes, (long) ALIGNMENT) * ALIGNMENT;
        if (end > host[turn].bytes()) {
            grow(end);
        }
        used = (int) end;
        return at;
    }

    /** A larger set of buffers, with what was written so far. */
    private void grow(long needed) {
        long bytes = Math.max(needed, 2 * host[turn].bytes());
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a step with tables of " + bytes + " bytes");
        }
        DeviceMemory larger = context.allocate(bytes, "the tables of a step");
        device.close();
        device = larger;
        for (int i = 0; i < TURNS; i++) {
            PinnedMemory next = context.allocateHost(bytes, "the tables of a step");
            copied[i].await();
            MemorySegment.copy(host[i].segment(), 0, next.segment(), 0, i == turn ? used : 0);
            host[i].close();
            host[i] = next;
        }
        onMove.run();
    }

    /** Where an offset is on the GPU. */
    long address(int offset) {
        return device.address() + offset;
    }

    void putLong(int at, int index, long value) {
        host[turn].segment().set(JAVA_LONG, at + 8L * index, value);
    }

    void putInt(int at, int index, int value) {
        host[turn].segment().set(JAVA_INT, at + 4L * index, value);
    }

    void putFloat(int at, int index, float value) {
        host[turn].segment().set(JAVA_FLOAT, at + 4L * index, value);
    }

    void putDouble(int at, int index, double value) {
        host[turn].segment().set(JAVA_DOUBLE, at + 8L * index, value);
    }

    void putLongs(int at, long[] values) {
        MemorySegment.copy(values, 0, host[turn].segment(), JAVA_LONG, at, values.length);
    }

    void putInts(int at, int[] values, int from, int count) {
        MemorySegment.copy(values, from, host[turn].segment(), JAVA_INT, at, count);
    }

    /** Puts the copy in front of the step's kernels. */
    void upload(CudaStream stream) {
        if (used > 0) {
            stream.copyToDevice(host[turn], 0, device.address(), used);
            stream.record(copied[turn]);
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < TURNS; i++) {
            if (copied[i] != null) {
                copied[i].close();
            }
            if (host[i] != null) {
                host[i].close();
            }
        }
        device.close();
    }
}
