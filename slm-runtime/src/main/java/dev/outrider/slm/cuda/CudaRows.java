package dev.outrider.slm.cuda;

import dev.outrider.slm.model.Backend;

/** Activations on the GPU: fp32, rows close together. */
record CudaRows(DeviceMemory memory) implements Backend.Rows {

    static CudaRows of(Backend.Rows rows) {
        return (CudaRows) rows;
    }

    /** The first value; {@code count} rows of {@code width} must fit. */
    long address(int count, int width) {
        return memory.at(0, (long) count * width * Float.BYTES);
    }
}
