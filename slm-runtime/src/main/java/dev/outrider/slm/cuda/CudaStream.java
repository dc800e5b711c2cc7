package dev.outrider.slm.cuda;

import java.lang.foreign.MemorySegment;

/** A queue of work for the GPU: copies and launches run in the order in which they are given. */
final class CudaStream extends CudaResource {

    CudaStream(CudaContext context, long handle) {
        super(context, handle);
    }

    /** Waits for everything given so far, and learns of errors in it. */
    void synchronize() {
        context.enter();
        context.driver().synchronize(handle());
    }

    /** Copies from locked host memory, which must stay as it is until the copy is done. */
    void copyToDevice(PinnedMemory from, long at, long to, long bytes) {
        context.driver().copyToDevice(to, from.segment().asSlice(at, bytes), bytes, handle());
    }

    /** Copies to locked host memory. */
    void copyToHost(long from, PinnedMemory to, long at, long bytes) {
        context.driver().copyToHost(to.segment().asSlice(at, bytes), from, bytes, handle());
    }

    void copyOnDevice(long from, long to, long bytes) {
        context.driver().copyOnDevice(to, from, bytes, handle());
    }

    void zero(long address, long bytes) {
        if (bytes > 0) {
            context.driver().zero(address, bytes, handle());
        }
    }

    /** @param arguments pointers to the values of the kernel's parameters, which the driver copies */
    void launch(long function, Grid grid, int sharedBytes, MemorySegment arguments) {
        context.driver().launch(function, grid, sharedBytes, handle(), arguments);
    }

    void record(CudaEvent event) {
        context.driver().record(event.handle(), handle());
    }

    /**
     * Records what {@code work} launches on this stream, without running it.
     *
     * @param work launches and copies only: no allocation, no waiting
     */
    CudaGraph capture(Runnable work) {
        context.enter();
        Driver driver = context.driver();
        driver.beginCapture(handle());
        try {
            work.run();
        } catch (Throwable t) {
            driver.abandonCapture(handle());
            throw t;
        }
        long graph = driver.endCapture(handle());
        try {
            return new CudaGraph(context, driver.instantiate(graph));
        } finally {
            driver.destroyGraph(graph);
        }
    }

    void launch(CudaGraph graph) {
        context.driver().launchGraph(graph.handle(), handle());
    }

    @Override
    void release(Driver driver, long handle) {
        driver.destroyStream(handle);
    }
}
