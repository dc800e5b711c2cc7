package dev.outrider.slm.cuda;

import org.jspecify.annotations.Nullable;

/** Memory for results between the kernels of one operation; it grows to the largest need and is shared by all operations. */
final class Scratch implements AutoCloseable {

    private final CudaStream stream;
    private final Runnable onMove;
    private @Nullable DeviceMemory memory;

    /** @param onMove told when the address has changed, so that recordings made with the old one are void */
    Scratch(CudaStream stream, Runnable onMove) {
        this.stream = stream;
        this.onMove = onMove;
    }

    /** Makes sure that there are so many bytes, of any content. */
    void reserve(long bytes) {
        grow(bytes, false);
    }

    /** Makes sure that there are so many bytes; new ones are 0. */
    void reserveZeroed(long bytes) {
        grow(bytes, true);
    }

    private void grow(long bytes, boolean zeroed) {
        DeviceMemory old = memory;
        if (old != null && old.bytes() >= bytes) {
            return;
        }
        DeviceMemory larger = stream.context.allocate(Math.max(bytes, 1 << 16), "results between kernels");
        try {
            if (zeroed) {
                stream.zero(larger.address(), larger.bytes());
            }
        } catch (Throwable t) {
            larger.close();
            throw t;
        }
        memory = larger;
        if (old != null) {
            old.close(); // waits for those who still use it
            onMove.run();
        }
    }

    /** Where it is now; launches ask for it when they are given to the GPU. */
    long address() {
        return memory == null ? 0 : memory.address();
    }

    @Override
    public void close() {
        DeviceMemory old = memory;
        memory = null;
        if (old != null) {
            old.close();
        }
    }
}
