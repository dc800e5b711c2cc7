package dev.outrider.slm.cuda;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The results of driver calls that a user can meet, and what to do about each (CUDA driver API, {@code CUresult}). */
enum CudaError {
    INVALID_VALUE(1, false, Advice.REPORT),
    OUT_OF_MEMORY(
            2,
            false,
            "free memory on the GPU (nvidia-smi shows who holds it), take a smaller model, a shorter context or fewer sequences,"
                    + " or run with --device cpu"),
    NOT_INITIALIZED(3, false, "the driver did not start: run nvidia-smi to see why"),
    DEINITIALIZED(4, true, "the process is ending"),
    STUB_LIBRARY(34, false, "a stub was loaded in place of the driver's libcuda: take the toolkit's 'stubs' directory off the"
            + " library path"),
    DEVICE_UNAVAILABLE(46, false, "another process holds the GPU for itself: end it, or set another compute mode"),
    NO_DEVICE(100, false, "the driver sees no GPU: check nvidia-smi, CUDA_VISIBLE_DEVICES and, in a container, --gpus"),
    INVALID_DEVICE(101, false, "there is no GPU of this number: 'outrider slm info --devices' lists them"),
    INVALID_IMAGE(200, false, "the kernels do not fit this driver: update the NVIDIA driver"),
    INVALID_CONTEXT(201, false, Advice.REPORT),
    NO_BINARY_FOR_GPU(209, false, "the kernels hold no code for this GPU: compute capability 8.0 or later is needed"),
    ECC_UNCORRECTABLE(214, true, "the GPU's memory is damaged: see nvidia-smi -q -d ECC, then restart the process"),
    INVALID_PTX(218, false, "the kernels cannot be compiled for this GPU: update the NVIDIA driver"),
    NVLINK_UNCORRECTABLE(220, true, Advice.RESTART),
    UNSUPPORTED_PTX_VERSION(222, false, "the driver is too old for the kernels: update the NVIDIA driver"),
    OPERATING_SYSTEM(304, false, "the operating system refused: check limits on locked memory (ulimit -l) and address space"),
    INVALID_HANDLE(400, false, Advice.REPORT),
    NOT_FOUND(500, false, Advice.REPORT),
    ILLEGAL_ADDRESS(700, true, Advice.RESTART),
    LAUNCH_OUT_OF_RESOURCES(701, false, Advice.REPORT),
    LAUNCH_TIMEOUT(702, true, "a display shares the GPU and limits how long it computes: use another GPU"),
    CONTEXT_IS_DESTROYED(709, true, "other CUDA code in this process reset the GPU: load the model again"),
    ASSERT(710, true, Advice.RESTART),
    HARDWARE_STACK_ERROR(714, true, Advice.RESTART),
    ILLEGAL_INSTRUCTION(715, true, Advice.RESTART),
    MISALIGNED_ADDRESS(716, true, Advice.RESTART),
    INVALID_ADDRESS_SPACE(717, true, Advice.RESTART),
    INVALID_PC(718, true, Advice.RESTART),
    LAUNCH_FAILED(719, true, Advice.RESTART),
    NOT_PERMITTED(800, false, "the operation is not allowed here: check the container's rights to the GPU"),
    NOT_SUPPORTED(801, false, "this GPU or driver cannot do it: update the NVIDIA driver"),
    SYSTEM_NOT_READY(802, false, "the machine's GPU services are not running: start nvidia-fabricmanager"),
    SYSTEM_DRIVER_MISMATCH(803, false, "the driver was updated while it was loaded: restart the machine"),
    STREAM_CAPTURE_UNSUPPORTED(900, false, Advice.REPORT),
    STREAM_CAPTURE_INVALIDATED(901, false, Advice.REPORT),
    UNKNOWN(999, true, Advice.RESTART);

    /** Apart from the constants, which cannot name fields that come after them. */
    private static final class Advice {
        static final String REPORT = "this is a fault of Outrider or of the driver: please report it with the driver's version";
        static final String RESTART =
                "the GPU stopped working for this process: close the engine and start the process again; please report it";
    }

    private static final Map<Integer, CudaError> BY_CODE =
            Arrays.stream(values()).collect(Collectors.toMap(error -> error.code, Function.identity()));

    private final int code;
    private final boolean sticky;
    private final String advice;

    CudaError(int code, boolean sticky, String advice) {
        this.code = code;
        this.sticky = sticky;
        this.advice = advice;
    }

    int code() {
        return code;
    }

    /** The driver's name for a result. */
    static String name(int code) {
        CudaError error = BY_CODE.get(code);
        return error == null ? "CUDA_ERROR_" + code : "CUDA_ERROR_" + error.name();
    }

    static String advice(int code) {
        CudaError error = BY_CODE.get(code);
        return error == null ? Advice.REPORT : error.advice;
    }

    /** Whether every later call of the process on this GPU fails in the same way. */
    static boolean sticky(int code) {
        CudaError error = BY_CODE.get(code);
        return error != null && error.sticky;
    }
}
