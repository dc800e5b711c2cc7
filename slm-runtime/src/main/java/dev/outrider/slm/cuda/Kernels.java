package dev.outrider.slm.cuda;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The loaded kernels of one GPU, launched by name. */
final class Kernels implements AutoCloseable {

    /** Every block gets as much shared memory without asking. */
    private static final int DEFAULT_SHARED = 48 * 1024;

    /** The first CUDA version whose graphs keep the attribute that lets kernels overlap. */
    private static final int OVERLAPPING_IN_GRAPHS = 12_030;

    private static final class Kernel {
        final long function;
        final String parameters;
        boolean checked;
        int shared = DEFAULT_SHARED;

        Kernel(long function, String parameters) {
            this.function = function;
            this.parameters = parameters;
        }
    }

    /** Where a kernel is, and its parameters. */
    private record Entry(CudaModule module, String parameters) {}

    private final CudaContext context;
    private final CudaStream stream;
    private final GpuInfo gpu;
    private final Map<String, Entry> entries;
    private final List<CudaModule> modules;
    private final Map<String, Kernel> kernels = new HashMap<>();
    private final Map<String, Integer> fitting = new HashMap<>();
    private final Arena arena = Arena.ofShared();
    private final KernelArguments arguments = new KernelArguments(arena);
    private final LaunchConfig config = new LaunchConfig(arena);
    private final boolean overlapping;

    private Kernels(
            CudaStream stream,
            GpuInfo gpu,
            Map<String, Entry> entries,
            List<CudaModule> modules,
            boolean overlapping) {
        this.context = stream.context;
        this.stream = stream;
        this.gpu = gpu;
        this.entries = entries;
        this.modules = modules;
        this.overlapping = overlapping;
    }

    /**
     * Loads the kernels for a GPU.
     *
     * @param overlapping whether kernels may begin before the one in front of them has ended, where GPU and driver can do that
     */
    static Kernels load(CudaStream stream, GpuInfo gpu, KernelImages images, boolean overlapping) {
        CudaContext context = stream.context;
        Map<String, Entry> byKernel = new HashMap<>();
        List<CudaModule> loaded = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            for (KernelImages.Image image : images.forGpu(gpu)) {
                CudaModule module = context.loadModule(image.bytes(arena), image.name());
                loaded.add(module);
                image.kernels().forEach((kernel, parameters) -> byKernel.put(kernel, new Entry(module, parameters)));
            }
        } catch (Throwable t) {
            loaded.forEach(CudaModule::close);
            throw t;
        }
        boolean able = gpu.major() >= 9
                && gpu.driverVersion() >= OVERLAPPING_IN_GRAPHS
                && context.driver().hasLaunchAttributes();
        return new Kernels(stream, gpu, byKernel, loaded, overlapping && able);
    }

    GpuInfo gpu() {
        return gpu;
    }

    /** An empty list of parameters, for the launch that follows. */
    KernelArguments arguments() {
        return arguments.start();
    }

    /** The list of parameters begun with {@link #arguments()}, to go on with. */
    KernelArguments continued() {
        return arguments;
    }

    /** Launches with the parameters of {@link #arguments()}. */
    void launch(String name, Grid grid, int shared) {
        Kernel kernel = kernel(name);
        if (!kernel.checked) {
            // the driver would read beyond what is given, or take one thing for another
            if (!kernel.parameters.equals(arguments.kinds())) {
                throw new IllegalStateException("the kernel " + name + " takes " + kernel.parameters + ", not " + arguments.kinds());
            }
            kernel.checked = true;
        }
        allow(kernel, shared);
        Driver driver = context.driver();
        if (overlapping) {
            driver.launch(config.of(grid, shared, stream.handle()), kernel.function, arguments.pointers());
        } else {
            driver.launch(kernel.function, grid, shared, stream.handle(), arguments.pointers());
        }
    }

    /** Blocks of a kernel that fit on the whole GPU at a time. */
    int capacity(String name, int threads, int shared) {
        Kernel kernel = kernel(name);
        allow(kernel, shared);
        int perMultiprocessor = fitting.computeIfAbsent(
                name + " " + shared, _ -> context.driver().blocksPerMultiprocessor(kernel.function, threads, shared));
        return Math.max(1, perMultiprocessor) * gpu.multiprocessors();
    }

    private void allow(Kernel kernel, int shared) {
        if (shared > kernel.shared) {
            context.driver().allowSharedMemory(kernel.function, shared);
            kernel.shared = shared;
        }
    }

    private Kernel kernel(String name) {
        Kernel kernel = kernels.get(name);
        if (kernel == null) {
            Entry entry = entries.get(name);
            if (entry == null) {
                throw new IllegalArgumentException("there is no kernel " + name);
            }
            kernel = new Kernel(entry.module.function(name), entry.parameters);
            kernels.put(name, kernel);
        }
        return kernel;
    }

    @Override
    public void close() {
        modules.forEach(CudaModule::close);
        arena.close();
    }
}
