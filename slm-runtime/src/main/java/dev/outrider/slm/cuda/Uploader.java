package dev.outrider.slm.cuda;

import java.lang.foreign.MemorySegment;

/**
 * Brings host memory of any size to the GPU, and back, through two locked buffers that take turns: while the GPU copies one, the
 * processor fills the other.
 */
final class Uploader implements AutoCloseable {

    private final CudaContext context;
    private final CudaStream stream;
    private final PinnedMemory[] buffers;
    private final CudaEvent[] done;
    private int turn;

    Uploader(CudaContext context, CudaStream stream, long bufferBytes) {
        this.context = context;
        this.stream = stream;
        buffers = new PinnedMemory[2];
        done = new CudaEvent[2];
        try {
            for (int i = 0; i < 2; i++) {
                buffers[i] = context.allocateHost(bufferBytes, "a buffer for copies");
                done[i] = context.createEvent(false);
            }
        } catch (Throwable t) {
            close();
            throw t;
        }
    }

    /** Copies a segment; when this returns the segment is no longer needed, but the GPU may still be copying. */
    void upload(MemorySegment from, long to) {
        context.enter();
        for (long at = 0; at < from.byteSize(); ) {
            int i = turn;
            turn ^= 1;
            done[i].await();
            long bytes = Math.min(buffers[i].bytes(), from.byteSize() - at);
            MemorySegment.copy(from, at, buffers[i].segment(), 0, bytes);
            stream.copyToDevice(buffers[i], 0, to + at, bytes);
            stream.record(done[i]);
            at += bytes;
        }
    }

    /** Copies to a segment, behind all work given to the stream so far; the segment is filled when this returns. */
    void download(long from, MemorySegment to) {
        context.enter();
        PinnedMemory buffer = buffers[0];
        done[0].await();
        for (long at = 0; at < to.byteSize(); at += buffer.bytes()) {
            long bytes = Math.min(buffer.bytes(), to.byteSize() - at);
            stream.copyToHost(from + at, buffer, 0, bytes);
            stream.synchronize();
            MemorySegment.copy(buffer.segment(), 0, to, at, bytes);
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < 2; i++) {
            if (done[i] != null) {
                done[i].close();
            }
            if (buffers[i] != null) {
                buffers[i].close();
            }
        }
    }
}
