package dev.outrider.slm.cuda;

/** What a GPU can do at most, measured: the floors that times of the engine are compared with. */
public final class GpuCeilings {

    /** Operations of one product of 16 x 8 x 16, times eight products a round. */
    private static final double OPERATIONS_PER_ROUND = 8 * 2.0 * 16 * 8 * 16;

    private static final int THREADS = 256;
    private static final int WARPS = THREADS / 32;

    private final CudaContext context;
    private final CudaStream stream;
    private final Kernels kernels;

    GpuCeilings(CudaContext context, CudaStream stream, Kernels kernels) {
        this.context = context;
        this.stream = stream;
        this.kernels = kernels;
    }

    /**
     * Measures how fast the GPU copies within its memory.
     *
     * @param bytes of the copy; several times the size of its cache
     * @return bytes read and written per second, the best of some repetitions
     */
    public double copyBandwidth(long bytes) {
        try (DeviceMemory from = context.allocate(bytes, "a copy");
                DeviceMemory to = context.allocate(bytes, "a copy")) {
            stream.zero(from.address(), bytes);
            return 2.0 * bytes / seconds(() -> stream.copyOnDevice(from.address(), to.address(), bytes));
        }
    }

    /**
     * Measures how fast the GPU multiplies matrices of bf16 with sums of float, with the instruction that the kernels of this engine use
     * ({@code mma.sync.m16n8k16}) and operands that never leave the registers. What a library reaches with instructions of its own may be more.
     *
     * @param rounds of 8 products in every warp; 20,000 take some milliseconds
     * @return additions and multiplications per second, the best of some repetitions
     */
    public double matrixRate(int rounds) {
        context.enter();
        int blocks = kernels.capacity("matrix_rate", THREADS, 0);
        try (DeviceMemory out = context.allocate((long) blocks * THREADS * Float.BYTES, "results of a measurement")) {
            double operations = OPERATIONS_PER_ROUND * rounds * WARPS * blocks;
            return operations / seconds(() -> {
                kernels.arguments().integer(rounds).pointer(out.address());
                kernels.launch("matrix_rate", Grid.of(blocks, THREADS), 0);
            });
        }
    }

    /** The shortest of eight times. */
    private double seconds(Runnable work) {
        double best = Double.POSITIVE_INFINITY;
        try (CudaEvent before = context.createEvent(true);
                CudaEvent after = context.createEvent(true)) {
            for (int i = 0; i < 8; i++) {
                stream.record(before);
                work.run();
                stream.record(after);
                stream.synchronize();
                best = Math.min(best, before.millisecondsTo(after) / 1e3);
            }
        }
        return best;
    }
}
