package dev.outrider.slm.cuda;

/** Recorded work that is launched as one. */
final class CudaGraph extends CudaResource {

    CudaGraph(CudaContext context, long handle) {
        super(context, handle);
    }

    @Override
    void release(Driver driver, long handle) {
        driver.destroyExecutable(handle);
    }
}
