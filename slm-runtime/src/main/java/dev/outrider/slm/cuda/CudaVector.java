package dev.outrider.slm.cuda;

import dev.outrider.slm.model.Backend;

/** A vector of weights on the GPU. */
record CudaVector(int size, DeviceMemory memory) implements Backend.Vector {

    long address() {
        return memory.address();
    }
}
