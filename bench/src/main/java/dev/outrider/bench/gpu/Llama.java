package dev.outrider.bench.gpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The libraries of llama.cpp v0.5.0, called directly. Structures are passed by value and have other fields in every release, so any other version
 * is refused before the first one is passed. Loaded once, the libraries stay until the process ends; llama.cpp ends the process on some
 * faults, so it belongs into one of its own.
 */
final class Llama {

    /** What {@code llama_version()} of the release v0.5.0 says. */
    static final String VERSION = "0.5.0-dev";

    /** {@code llama_model_params}, 80 bytes, and where its fields are. */
    private static final StructLayout MODEL = words(10);

    private static final long MODEL_GPU_LAYERS = 16;
    private static final long MODEL_SPLIT_MODE = 20;

    /** {@code llama_batch}, 56 bytes. */
    static final StructLayout BATCH = words(7);

    /** {@code llama_context_params}, 160 bytes. */
    static final StructLayout CONTEXT = words(20);

    private static final int LEVEL_ERROR = 4;
    private static final int TYPE_GPU = 1;

    /** What llama.cpp cannot do, in one line. */
    static final class LlamaException extends RuntimeException {
        private static final long serialVersionUID = 1;

        LlamaException(String message) {
            super(message);
        }
    }

    /** A call of a native function; what it throws is no error of the function. */
    interface Call<T> {
        T run() throws Throwable;
    }

    private static final List<String> ERRORS = new CopyOnWriteArrayList<>();
    private static final List<String> BACKENDS = new CopyOnWriteArrayList<>();

    private final SymbolLookup llama;
    private final boolean gpu;

    private Llama(SymbolLookup llama, boolean gpu) {
        this.llama = llama;
        this.gpu = gpu;
    }

    /**
     * Loads the libraries below a folder.
     *
     * @throws LlamaException if they are not there, cannot be loaded, or are of another version
     */
    static Llama open(Path folder) {
        Path file = find(folder, "libllama.");
        SymbolLookup ggml = load(find(folder, "libggml."));
        Llama library = new Llama(load(file), false);
        String version = text(call(() -> (MemorySegment) library.function("llama_version", ADDRESS).invokeExact()));
        if (!version.equals(VERSION)) {
            throw new LlamaException(file + " is llama.cpp " + version + ", and the layouts of " + VERSION + " are known here");
        }
        library.listen();
        // without this call there is no backend at all: each is a library of its own
        MemorySegment directory = Arena.global().allocateFrom(String.valueOf(file.toAbsolutePath().getParent()));
        MethodHandle backends = function(ggml, "ggml_backend_load_all_from_path", null, ADDRESS);
        MethodHandle init = library.function("llama_backend_init", null);
        run(() -> {
            backends.invokeExact(directory);
            init.invokeExact();
        });
        MethodHandle device = function(ggml, "ggml_backend_dev_by_type", ADDRESS, JAVA_INT);
        boolean gpu = call(() -> (MemorySegment) device.invokeExact(TYPE_GPU)).address() != 0;
        return new Llama(library.llama, gpu);
    }

    /** Whether a GPU can be used. */
    boolean gpu() {
        return gpu;
    }

    /** The libraries of the backends that were loaded. */
    String backends() {
        return String.join(" ", BACKENDS);
    }

    /** The last thing that llama.cpp called an error, or a general phrase. */
    static String lastError() {
        return ERRORS.isEmpty() ? "llama.cpp says no reason" : ERRORS.getLast();
    }

    /**
     * Loads a model; it is kept until the process ends.
     *
     * @param onGpu all layers on one GPU, or none
     * @return the {@code llama_model}
     * @throws LlamaException if it cannot be loaded
     */
    MemorySegment model(Path file, boolean onGpu) {
        if (onGpu && !gpu) {
            throw new LlamaException("llama.cpp found no GPU (are libcudart.so.13 and libcublas.so.13 there?)");
        }
        MethodHandle defaults = function("llama_model_default_params", MODEL);
        MemorySegment parameters =
                call(() -> (MemorySegment) defaults.invokeExact((SegmentAllocator) Arena.global()));
        parameters.set(JAVA_INT, MODEL_GPU_LAYERS, onGpu ? 999 : 0);
        parameters.set(JAVA_INT, MODEL_SPLIT_MODE, 0);
        MethodHandle load = function("llama_model_load_from_file", ADDRESS, ADDRESS, MODEL);
        MemorySegment name = Arena.global().allocateFrom(file.toString());
        MemorySegment model = call(() -> (MemorySegment) load.invokeExact(name, parameters));
        if (model.address() == 0) {
            throw new LlamaException("llama.cpp cannot load the model: " + lastError());
        }
        return model;
    }

    /** Number of tokens in the model's vocabulary. */
    int vocabulary(MemorySegment model) {
        MethodHandle vocabulary = function("llama_model_get_vocab", ADDRESS, ADDRESS);
        MethodHandle size = function("llama_vocab_n_tokens", JAVA_INT, ADDRESS);
        return call(() -> (int) size.invokeExact((MemorySegment) vocabulary.invokeExact(model)));
    }

    MethodHandle function(String name, @Nullable MemoryLayout result, MemoryLayout... parameters) {
        return function(llama, name, result, parameters);
    }

    private static MethodHandle function(
            SymbolLookup library, String name, @Nullable MemoryLayout result, MemoryLayout... parameters) {
        MemorySegment address = library.find(name)
                .orElseThrow(() -> new LlamaException("llama.cpp's library has no function " + name));
        return Linker.nativeLinker()
                .downcallHandle(
                        address,
                        result == null
                                ? FunctionDescriptor.ofVoid(parameters)
                                : FunctionDescriptor.of(result, parameters));
    }

    /** Keeps errors and names of backends; the rest of what llama.cpp logs is dropped. */
    private void listen() {
        try {
            MethodHandle heard = MethodHandles.lookup()
                    .findStatic(
                            Llama.class,
                            "heard",
                            MethodType.methodType(void.class, int.class, MemorySegment.class, MemorySegment.class));
            MemorySegment stub = Linker.nativeLinker()
                    .upcallStub(heard, FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, ADDRESS), Arena.global());
            MethodHandle set = function("llama_log_set", null, ADDRESS, ADDRESS);
            run(() -> {
                set.invokeExact(stub, MemorySegment.NULL);
            });
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings({"unused", "UnusedMethod", "UnusedVariable"}) // called by llama.cpp, with an argument that nobody needs
    private static void heard(int level, MemorySegment text, MemorySegment data) {
        String line = text(text).strip();
        int at = line.indexOf("backend from ");
        if (at >= 0 && line.startsWith("load_backend: loaded")) {
            BACKENDS.add(String.valueOf(Path.of(line.substring(at + 13)).getFileName()));
        }
        if (level == LEVEL_ERROR && !line.isEmpty()) {
            ERRORS.add(line);
        }
    }

    private static Path find(Path folder, String prefix) {
        try (Stream<Path> files = Files.walk(folder, 6)) {
            List<Path> found = files.filter(file -> String.valueOf(file.getFileName()).startsWith(prefix)
                            && file.toString().endsWith(".so"))
                    .toList();
            if (found.size() != 1) {
                throw new LlamaException("there are " + found.size() + " files " + prefix + "*.so below " + folder
                        + ", and one is needed");
            }
            return found.getFirst().toAbsolutePath();
        } catch (IOException e) {
            throw new LlamaException(folder + " cannot be read: " + e.getMessage());
        }
    }

    private static SymbolLookup load(Path file) {
        try {
            return SymbolLookup.libraryLookup(file, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new LlamaException(file + " cannot be loaded: " + e.getMessage());
        }
    }

    private static String text(MemorySegment address) {
        return address.address() == 0 ? "" : address.reinterpret(1 << 16).getString(0);
    }

    /** A structure of so many 8-byte words; those above two words are passed alike, whatever is in them. */
    private static StructLayout words(int count) {
        return MemoryLayout.structLayout(MemoryLayout.sequenceLayout(count, JAVA_LONG));
    }

    static <T> T call(Call<T> call) {
        try {
            return call.run();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError("a native call throws nothing of its own", t);
        }
    }

    /** A call without a result. */
    interface Run {
        void run() throws Throwable;
    }

    static void run(Run run) {
        call(() -> {
            run.run();
            return true;
        });
    }
}
