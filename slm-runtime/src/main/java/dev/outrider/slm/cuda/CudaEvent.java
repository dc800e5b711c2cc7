package dev.outrider.slm.cuda;

/** A mark in a stream. */
final class CudaEvent extends CudaResource {

    CudaEvent(CudaContext context, long handle) {
        super(context, handle);
    }

    /** Waits until the GPU has passed the mark; at once when it was never set. */
    void await() {
        context.enter();
        context.driver().awaitEvent(handle());
    }

    /** Milliseconds from this mark to a later one; both must have been passed, and made for timing. */
    float millisecondsTo(CudaEvent later) {
        context.enter();
        return context.driver().milliseconds(handle(), later.handle());
    }

    @Override
    void release(Driver driver, long handle) {
        driver.destroyEvent(handle);
    }
}
