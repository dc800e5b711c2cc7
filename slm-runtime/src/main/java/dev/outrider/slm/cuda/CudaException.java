package dev.outrider.slm.cuda;

import org.jspecify.annotations.Nullable;

import dev.outrider.slm.SlmException;

/** A call of the CUDA driver that failed; the message names the call, the driver's error and what to do. */
public final class CudaException extends SlmException {

    private final String call;
    private final int code;

    /**
     * @param call the driver's function
     * @param code its result, a {@code CUresult} that is not 0
     * @param detail what was being done, or empty
     */
    CudaException(String call, int code, String detail) {
        this(call, code, detail, null);
    }

    private CudaException(String call, int code, String detail, @Nullable Throwable cause) {
        super(call + " failed with " + CudaError.name(code) + (detail.isEmpty() ? "" : " (" + detail + ")") + ": "
                + CudaError.advice(code), cause);
        this.call = call;
        this.code = code;
    }

    /** The same error, with what was being done. */
    CudaException during(String detail) {
        return new CudaException(call, code, detail, this);
    }

    /** The driver's function, such as {@code cuMemAlloc_v2}. */
    public String call() {
        return call;
    }

    /** The driver's result code. */
    public int code() {
        return code;
    }

    /** The driver's name of the error, such as {@code CUDA_ERROR_OUT_OF_MEMORY}. */
    public String error() {
        return CudaError.name(code);
    }

    /** Whether memory ran out; what was allocated for the work at hand is given back, and smaller work can go on. */
    public boolean outOfMemory() {
        return code == CudaError.OUT_OF_MEMORY.code();
    }

    /** Whether the GPU is of no more use to this process: every later call fails. */
    public boolean deviceLost() {
        return CudaError.sticky(code);
    }
}
