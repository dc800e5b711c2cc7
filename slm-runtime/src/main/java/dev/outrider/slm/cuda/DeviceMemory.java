package dev.outrider.slm.cuda;

/** A piece of the GPU's memory. */
final class DeviceMemory extends CudaResource {

    private final long bytes;

    DeviceMemory(CudaContext context, long address, long bytes) {
        super(context, address);
        this.bytes = bytes;
    }

    /** Where it begins, as kernels see it. */
    long address() {
        return handle();
    }

    long bytes() {
        return bytes;
    }

    /** The address of a part. */
    long at(long offset, long length) {
        if (offset < 0 || length < 0 || offset > bytes - length) {
            throw new IndexOutOfBoundsException("bytes " + offset + " and on, " + length + " of them, of " + bytes);
        }
        return handle() + offset;
    }

    @Override
    void release(Driver driver, long handle) {
        driver.free(handle);
    }
}
