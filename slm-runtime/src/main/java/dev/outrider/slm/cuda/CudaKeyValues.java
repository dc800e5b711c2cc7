package dev.outrider.slm.cuda;

import org.jspecify.annotations.Nullable;

import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;

/** Keys and values of one sequence in one layer, {@code [position][key head][value]} each; they grow with use. */
final class CudaKeyValues implements Backend.KeyValues {

    private static final int FIRST_CAPACITY = 256;

    /** From here on memory grows by as much at a time, so that a long context takes little more than it needs. */
    private static final int LARGEST_GROWTH = 4096;

    private final AttentionShape shape;
    private final int longest;
    private final int bytesPerValue;
    private @Nullable DeviceMemory memory;
    private int capacity;
    private int length;
    private boolean released;

    CudaKeyValues(AttentionShape shape, int longest, int bytesPerValue) {
        this.shape = shape;
        this.longest = longest;
        this.bytesPerValue = bytesPerValue;
    }

    AttentionShape shape() {
        return shape;
    }

    /** Positions held. */
    int length() {
        if (length < 0) {
            throw new IllegalStateException("keys and values of a sequence that was lost when a step failed half-way");
        }
        return length;
    }

    /** What reading so many more positions does. */
    StepRunner.Effect advance(int count) {
        int next = Math.addExact(length, count);
        return new StepRunner.Effect() {
            @Override
            public void commit() {
                length = next;
            }

            @Override
            public void spoil() {
                length = -1;
            }
        };
    }

    void setLength(int length) {
        this.length = length;
    }

    /** The first key; 0 as long as there is room for none. */
    long keys() {
        return memory == null ? 0 : memory.address();
    }

    /** The first value. */
    long values() {
        return memory == null ? 0 : memory.address() + capacity * keyBytes();
    }

    /** Bytes of the keys of one position. */
    long keyBytes() {
        return (long) shape.keyHeads() * shape.keySize() * bytesPerValue;
    }

    /** Bytes of the values of one position. */
    long valueBytes() {
        return (long) shape.keyHeads() * shape.valueSize() * bytesPerValue;
    }

    /** Makes room for so many positions, those held included; what is there stays. */
    void reserve(int positions, CudaContext context, CudaStream stream) {
        if (released) {
            throw new IllegalStateException("keys and values of a sequence that was released");
        }
        if (positions <= capacity) {
            return;
        }
        int grown = grown(positions);
        DeviceMemory larger = context.allocate(
                grown * (keyBytes() + valueBytes()), "keys and values of " + grown + " positions in one layer");
        DeviceMemory old = memory;
        if (old != null && length > 0) {
            try {
                stream.copyOnDevice(keys(), larger.address(), length * keyBytes());
                stream.copyOnDevice(values(), larger.address() + grown * keyBytes(), length * valueBytes());
            } catch (Throwable t) {
                larger.close();
                throw t;
            }
        }
        memory = larger;
        capacity = grown;
        if (old != null) {
            old.close(); // waits for the copy
        }
    }

    private int grown(int positions) {
        long wanted = Math.max(FIRST_CAPACITY, Math.min(2L * capacity, capacity + (long) LARGEST_GROWTH));
        while (wanted < positions) {
            wanted += Math.min(wanted, LARGEST_GROWTH);
        }
        // a multiple of 16, so that the values begin at an aligned address
        return Math.ceilDiv((int) Math.max(positions, Math.min(wanted, longest)), 16) * 16;
    }

    @Override
    public void release() {
        released = true;
        length = 0;
        capacity = 0;
        DeviceMemory old = memory;
        memory = null;
        if (old != null) {
            old.close();
        }
    }
}
