package dev.outrider.slm;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.cuda.CudaBackend;
import dev.outrider.slm.cuda.CudaOptions;
import dev.outrider.slm.cuda.Gpus;
import dev.outrider.slm.cuda.MemoryInfo;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufException;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.LanguageModel;

/**
 * Where a model runs: on the processor, or on a GPU. {@link #explain()} says which it is and why; {@link SlmEngine#device()} gives the one
 * that a loaded model really runs on.
 */
public final class Device {

    /** What a device is. */
    public enum Kind {
        CPU,
        CUDA
    }

    private final Kind kind;
    private final int number;
    private final boolean free;
    private final int fallbackThreads;
    private final String explanation;
    private final @Nullable CudaOptions options;

    private Device(
            Kind kind,
            int number,
            boolean free,
            int fallbackThreads,
            String explanation,
            @Nullable CudaOptions options) {
        this.kind = kind;
        this.number = number;
        this.free = free;
        this.fallbackThreads = fallbackThreads;
        this.explanation = explanation;
        this.options = options;
    }

    /** The GPU if there is one that can be used and the model fits, otherwise all processors. */
    public static Device auto() {
        return auto(Runtime.getRuntime().availableProcessors());
    }

    /** @param threads to compute with where there is no GPU; at least 1 */
    public static Device auto(int threads) {
        Gpus.Found found = Gpus.find();
        Optional<Gpus.Gpu> best = found.gpus().stream()
                .filter(gpu -> gpu.problem() == null)
                .max(Comparator.comparingLong(gpu -> gpu.info().totalBytes()));
        if (best.isPresent()) {
            int ordinal = best.get().info().ordinal();
            return new Device(Kind.CUDA, ordinal, true, threads, describe(best.get()), CudaOptions.standard());
        }
        return cpu(threads, "no GPU: " + reasons(found));
    }

    /** @param threads threads that share one step, the caller's included; at least 1 */
    public static Device cpu(int threads) {
        return cpu(threads, "as asked for");
    }

    private static Device cpu(int threads, String why) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
        }
        String text = "the processor, " + threads + (threads == 1 ? " thread" : " threads") + "; " + why;
        return new Device(Kind.CPU, threads, false, threads, text, null);
    }

    /** A GPU by its number, whatever there is: loading a model fails where it cannot be used. */
    public static Device cuda(int ordinal) {
        return cuda(ordinal, CudaOptions.standard());
    }

    /** A GPU that computes in a given manner. */
    public static Device cuda(int ordinal, CudaOptions options) {
        if (ordinal < 0) {
            throw new IllegalArgumentException("GPUs are numbered from 0, not " + ordinal);
        }
        return new Device(Kind.CUDA, ordinal, false, 1, "cuda:" + ordinal + ", as asked for", options);
    }

    /**
     * A device by its name.
     *
     * @param name {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:1}
     * @param threads to compute with on the processor
     * @throws IllegalArgumentException if there is no such name
     */
    public static Device of(String name, int threads) {
        return switch (name) {
            case "auto" -> auto(threads);
            case "cpu" -> cpu(threads);
            case "cuda" -> cuda(0);
            default -> {
                if (!name.matches("cuda:[0-9]{1,4}")) {
                    throw new IllegalArgumentException(
                            "there is no device '" + name + "'; it is auto, cpu, cuda, or cuda:1 for the second GPU");
                }
                yield cuda(Integer.parseInt(name.substring(5)));
            }
        };
    }

    public Kind kind() {
        return kind;
    }

    /** The name to ask for this device with: {@code cpu} or {@code cuda:0}. */
    public String name() {
        return kind == Kind.CPU ? "cpu" : "cuda:" + number;
    }

    /** Threads that share one step; 0 on a GPU. */
    public int threads() {
        return kind == Kind.CPU ? number : 0;
    }

    /** In one line what this is, and why this one. */
    public String explain() {
        return explanation;
    }

    @Override
    public String toString() {
        return name() + ": " + explanation;
    }

    /** A model on a device. */
    record Loaded(Backend backend, LanguageModel model, Device device) {

        /** Most memory for the states of sequences: what was set, or what the model leaves of a GPU's memory. */
        long stateBytes(long set) {
            // a tenth stays for what lies between kernels, and for others
            return backend instanceof CudaBackend gpu ? Math.max(1, gpu.memory().free() / 10 * 9) : set;
        }
    }

    /**
     * Brings a model to this device; one that was chosen freely gives way to the processor when that fails.
     *
     * @throws SlmException if the device cannot be used, or the model does not fit
     */
    Loaded load(Gguf gguf) {
        if (kind == Kind.CPU) {
            CpuBackend backend = new CpuBackend(number);
            return new Loaded(backend, model(gguf, backend), this);
        }
        try {
            return loadToGpu(gguf);
        } catch (GgufException e) {
            throw e;
        } catch (SlmException e) {
            if (!free) {
                throw e;
            }
            return cpu(fallbackThreads, "not " + name() + ": " + e.getMessage()).load(gguf);
        }
    }

    private Loaded loadToGpu(Gguf gguf) {
        CudaOptions how = Objects.requireNonNull(options);
        CudaBackend backend = Gpus.open(number, how);
        String text;
        try {
            long needed = Gpus.needed(gguf, how);
            MemoryInfo memory = backend.memory();
            if (needed > memory.free()) {
                throw new SlmException("the model needs " + gibibytes(needed) + " of the GPU's memory and "
                        + gibibytes(memory.free()) + " of " + gibibytes(memory.total()) + " are free; end what else uses "
                        + name() + " (nvidia-smi shows it), take a smaller model, or run with --device cpu");
            }
            text = describe(new Gpus.Gpu(backend.gpu(), null)) + ", " + gibibytes(memory.free()) + " free, the model needs "
                    + gibibytes(needed);
        } catch (Throwable t) {
            backend.close();
            throw t;
        }
        return new Loaded(
                backend, model(gguf, backend), new Device(kind, number, free, fallbackThreads, text, how));
    }

    private static LanguageModel model(Gguf gguf, Backend backend) {
        try {
            return Architectures.load(gguf, backend);
        } catch (Throwable t) {
            backend.close();
            throw t;
        }
    }

    private static String describe(Gpus.Gpu gpu) {
        return "cuda:" + gpu.info().ordinal() + " " + gpu.info().name() + ", compute capability "
                + gpu.info().capability() + ", driver for CUDA " + gpu.info().cuda();
    }

    private static String reasons(Gpus.Found found) {
        String problem = found.problem();
        if (problem != null) {
            return problem;
        }
        List<String> each = found.gpus().stream()
                .map(gpu -> "cuda:" + gpu.info().ordinal() + " (" + gpu.info().name() + "): " + gpu.problem())
                .toList();
        return String.join("; ", each);
    }

    private static String gibibytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GiB", bytes / 0x1p30);
    }
}
