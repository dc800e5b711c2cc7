package dev.outrider.slm.cuda;

import dev.outrider.slm.gguf.TensorType;
import dev.outrider.slm.model.Backend;

/** A matrix of weights on the GPU, row by row, in the file's storage type. */
record CudaMatrix(TensorType type, int rows, int columns, DeviceMemory memory) implements Backend.Matrix {

    long address() {
        return memory.address();
    }
}
