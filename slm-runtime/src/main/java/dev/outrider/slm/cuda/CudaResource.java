package dev.outrider.slm.cuda;

/**
 * Something that the driver gave and wants back. Closing twice does nothing, using it afterwards is an
 * {@link IllegalStateException}; the context gives back what is still open when it closes, the latest first.
 */
abstract class CudaResource implements AutoCloseable {

    final CudaContext context;
    private final long handle;
    private boolean closed;

    /** Made while the context's lock is held, so that nothing is lost between the driver's answer and the register. */
    CudaResource(CudaContext context, long handle) {
        this.context = context;
        this.handle = handle;
        context.register(this);
    }

    /** The driver's handle or address. */
    final long handle() {
        if (closed) {
            throw new IllegalStateException(getClass().getSimpleName() + " is closed");
        }
        return handle;
    }

    final boolean isClosed() {
        return closed;
    }

    /** Hands the handle back to the driver; a context is current. */
    abstract void release(Driver driver, long handle);

    @Override
    public final void close() {
        if (closed) {
            return;
        }
        closed = true;
        context.forget(this);
        context.enterToRelease();
        release(context.driver(), handle);
    }
}
