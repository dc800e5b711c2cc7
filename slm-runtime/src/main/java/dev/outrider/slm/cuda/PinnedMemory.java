package dev.outrider.slm.cuda;

import java.lang.foreign.MemorySegment;

/** Host memory that the GPU can copy to and from while the processor goes on. */
final class PinnedMemory extends CudaResource {

    private final MemorySegment segment;

    PinnedMemory(CudaContext context, long address, long bytes) {
        super(context, address);
        segment = MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    long bytes() {
        return segment.byteSize();
    }

    /** The memory; it must not be used once this is closed. */
    MemorySegment segment() {
        handle();
        return segment;
    }

    @Override
    void release(Driver driver, long handle) {
        driver.freeHost(handle);
    }
}
