package dev.outrider.slm.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.SlmException;
import dev.outrider.slm.gguf.Gguf;

/** The GPUs of this machine. */
public final class Gpus {

    /**
     * One GPU, and why it cannot be used.
     *
     * @param info what it is
     * @param problem one line, or null when it can be used
     */
    public record Gpu(GpuInfo info, @Nullable String problem) {}

    /**
     * What was found.
     *
     * @param gpus all of them, usable or not
     * @param problem why there are none, or null
     */
    public record Found(List<Gpu> gpus, @Nullable String problem) {
        public Found {
            gpus = List.copyOf(gpus);
        }
    }

    private Gpus() {}

    /** Looks for GPUs; takes none into use. A machine without is no error. */
    public static Found find() {
        try {
            Optional<DriverLibrary> library = DriverLibrary.cuda();
            if (library.isEmpty()) {
                return new Found(List.of(), "there is no NVIDIA driver (libcuda.so.1 was not found)");
            }
            Driver driver = new Driver(library.get());
            driver.init();
            KernelImages images = KernelImages.shipped();
            List<Gpu> gpus = new ArrayList<>();
            for (int i = 0; i < driver.deviceCount(); i++) {
                GpuInfo info = GpuInfo.of(driver, i);
                gpus.add(new Gpu(info, images.problem(info)));
            }
            return new Found(gpus, gpus.isEmpty() ? "the driver sees no GPU" : null);
        } catch (SlmException e) {
            return new Found(List.of(), e.getMessage());
        }
    }

    /**
     * Takes a GPU into use.
     *
     * @throws CudaException if it cannot be used
     * @throws SlmException if there is no driver, or the GPU or the driver is too old for the kernels
     */
    public static CudaBackend open(int ordinal, CudaOptions options) {
        DriverLibrary library = DriverLibrary.cuda()
                .orElseThrow(() -> new SlmException("cuda:" + ordinal
                        + " cannot be used: there is no NVIDIA driver (libcuda.so.1 was not found); run with --device cpu"));
        KernelImages images = KernelImages.shipped();
        CudaContext context = CudaContext.open(library, ordinal);
        try {
            GpuInfo info = GpuInfo.of(context.driver(), ordinal);
            String problem = images.problem(info);
            if (problem != null) {
                throw new SlmException("cuda:" + ordinal + " (" + info.name() + ") cannot be used: " + problem
                        + "; run with --device cpu");
            }
        } catch (Throwable t) {
            context.close();
            throw t;
        }
        return new CudaBackend(context, ordinal, images, options);
    }

    /** How much of a GPU's memory is free at this moment. */
    public static MemoryInfo memory(int ordinal) {
        DriverLibrary library = DriverLibrary.cuda().orElseThrow(() -> new SlmException("there is no NVIDIA driver"));
        try (CudaContext context = CudaContext.open(library, ordinal)) {
            return context.memory();
        }
    }

    /** Bytes that a model needs on a GPU: weights, activations, and what one sequence of a few thousand tokens remembers. */
    public static long needed(Gguf gguf, CudaOptions options) {
        return MemoryNeed.of(gguf, options).total();
    }
}
