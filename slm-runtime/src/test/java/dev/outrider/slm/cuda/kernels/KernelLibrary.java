package dev.outrider.slm.cuda.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * The .cu sources, compiled for the processor and called by name. Compiled once per state of the sources, into {@code target/}; a test that asks for it
 * is skipped where there is no C++ compiler.
 */
final class KernelLibrary {

    static final Path MODULE = Path.of(System.getProperty("outrider.root", ".."), "slm-runtime");
    static final Path SOURCES = MODULE.resolve("src/main/cuda");
    private static final Path SHIM = MODULE.resolve("src/test/cpp/shim");

    /** How threads take turns: by number, the other way round, and shuffled. Without races all give the same. */
    private static final int[] ORDERS = {0, 1, 7};

    private static final MemoryLayout DIM3 = MemoryLayout.structLayout(JAVA_INT, JAVA_INT, JAVA_INT);

    private static @Nullable KernelLibrary loaded;

    private final SymbolLookup symbols;
    private final Map<String, MethodHandle> handles = new HashMap<>();

    private KernelLibrary(Path file) {
        symbols = SymbolLookup.libraryLookup(file, Arena.global());
    }

    /** @throws TestAbortedException if there is no C++ compiler */
    static synchronized KernelLibrary load() {
        KernelLibrary library = loaded;
        if (library == null) {
            library = new KernelLibrary(compile(System.getProperty("outrider.shim.flags", "")));
            loaded = library;
        }
        return library;
    }

    /** A size of a grid or a block. */
    record Size(int x, int y, int z) {
        static Size of(int x) {
            return new Size(x, 1, 1);
        }

        static Size of(int x, int y) {
            return new Size(x, y, 1);
        }
    }

    /** Memory of several sequences, which a kernel finds through a table of pointers. */
    static final class Table {
        private final List<MemorySegment> targets;
        private final MemorySegment pointers;

        Table(List<MemorySegment> targets) {
            this.targets = List.copyOf(targets);
            pointers = Arena.ofAuto().allocate(ADDRESS, targets.size());
            for (int i = 0; i < targets.size(); i++) {
                pointers.setAtIndex(ADDRESS, i, targets.get(i));
            }
        }

        MemorySegment pointers() {
            return pointers;
        }

        MemorySegment get(int sequence) {
            return targets.get(sequence);
        }
    }

    /**
     * Launches a kernel under several orders of threads, from the same memory each time, and requires that they leave the same bits.
     *
     * @param arguments memory, ints and floats, as declared in {@code kernels.json}
     */
    void launch(String name, Size grid, int block, long shared, Object... arguments) {
        KernelIndex.check(name, arguments);
        List<MemorySegment> memory = new ArrayList<>();
        for (Object argument : arguments) {
            switch (argument) {
                case MemorySegment segment when segment.byteSize() > 0 -> memory.add(segment);
                case Table table -> memory.addAll(table.targets);
                default -> {}
            }
        }
        List<byte[]> before = memory.stream().map(segment -> segment.toArray(JAVA_BYTE)).toList();
        List<byte[]> after = List.of();
        for (int order : ORDERS) {
            for (int i = 0; i < memory.size(); i++) {
                MemorySegment.copy(before.get(i), 0, memory.get(i), JAVA_BYTE, 0, before.get(i).length);
            }
            once(name, order, grid, block, shared, arguments);
            List<byte[]> now = memory.stream().map(segment -> segment.toArray(JAVA_BYTE)).toList();
            if (after.isEmpty()) {
                after = now;
            }
            for (int i = 0; i < now.size(); i++) {
                assertThat(Memory.guarded(memory.get(i))).as("%s leaves alone what is around buffer %d", name, i).isTrue();
                assertThat(now.get(i)).as("%s: buffer %d under order %d of threads: a race?", name, i, order).isEqualTo(after.get(i));
            }
        }
    }

    /** Launches a kernel once, where its threads add floats in any order. */
    void launchOnce(String name, Size grid, int block, long shared, Object... arguments) {
        KernelIndex.check(name, arguments);
        once(name, 0, grid, block, shared, arguments);
    }

    private void once(String name, int order, Size grid, int block, long shared, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointers = arena.allocate(ADDRESS, arguments.length);
            for (int i = 0; i < arguments.length; i++) {
                MemorySegment value = arena.allocate(8, 8);
                switch (arguments[i]) {
                    case MemorySegment segment -> value.set(ADDRESS, 0, segment);
                    case Table table -> value.set(ADDRESS, 0, table.pointers());
                    case Integer number -> value.set(JAVA_INT, 0, number);
                    case Float number -> value.set(JAVA_FLOAT, 0, number);
                    default -> throw new IllegalArgumentException("argument " + i + " of " + name + ": " + arguments[i]);
                }
                pointers.setAtIndex(ADDRESS, i, value);
            }
            handle("shim_set_order", FunctionDescriptor.ofVoid(JAVA_INT)).invoke(order);
            handle("launch_" + name, FunctionDescriptor.ofVoid(DIM3, DIM3, JAVA_LONG, ADDRESS))
                    .invoke(dim3(arena, grid), dim3(arena, Size.of(block)), shared, pointers);
            MemorySegment error = (MemorySegment)
                    handle("shim_error", FunctionDescriptor.of(ADDRESS)).invoke();
            assertThat(error.reinterpret(256).getString(0)).as(name).isEmpty();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        } finally {
            // the kernel knows addresses only, and memory that nobody names any more is free to go
            java.lang.ref.Reference.reachabilityFence(arguments);
        }
    }

    private MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return handles.computeIfAbsent(
                name, _ -> Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), descriptor));
    }

    private static MemorySegment dim3(Arena arena, Size size) {
        return arena.allocateFrom(JAVA_INT, size.x, size.y, size.z);
    }

    private static Path compile(String flags) {
        try {
            List<Path> sources = KernelIndex.files(SOURCES, ".cu");
            sources.addAll(KernelIndex.files(SHIM, ".cpp"));
            List<Path> all = new ArrayList<>(sources);
            all.addAll(KernelIndex.files(SOURCES, ".cuh"));
            all.addAll(KernelIndex.files(SHIM, ".h"));
            Path directory = Files.createDirectories(MODULE.resolve("target/cuda-shim")).toAbsolutePath();
            String hash = KernelIndex.digest(all).substring(0, 16) + Integer.toHexString(flags.hashCode());
            Path library = directory.resolve("kernels-" + hash + ".so");
            if (!Files.exists(library)) {
                Path work = Files.createTempDirectory(directory, "build");
                Path linked = compile(sources, work, flags);
                Files.move(linked, library, StandardCopyOption.ATOMIC_MOVE);
                for (Path left : KernelIndex.files(work, "")) {
                    Files.delete(left);
                }
                Files.delete(work);
            }
            return library;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Two compilers at a time. */
    private static Path compile(List<Path> sources, Path work, String flags) throws IOException {
        List<String> common = new ArrayList<>(List.of("c++", "-std=c++17", "-O1", "-w", "-fPIC", "-ffp-contract=off", "-fvisibility=hidden"));
        common.addAll(flags.isBlank() ? List.of() : List.of(flags.trim().split("\\s+")));
        List<String> objects = new ArrayList<>();
        List<Process> running = new ArrayList<>();
        for (Path source : sources) {
            String object = work.resolve(source.getFileName() + ".o").toString();
            objects.add(object);
            List<String> command = new ArrayList<>(common);
            command.addAll(List.of("-DOUTRIDER_SHIM", "-I" + SHIM, "-x", "c++", "-c", source.toString(), "-o", object));
            running.add(start(command, work));
            if (running.size() == 2) {
                await(running.removeFirst(), work);
            }
        }
        while (!running.isEmpty()) {
            await(running.removeFirst(), work);
        }
        Path library = work.resolve("kernels.so");
        List<String> link = new ArrayList<>(common);
        link.addAll(List.of("-shared", "-pthread", "-o", library.toString()));
        link.addAll(objects);
        await(start(link, work), work);
        return library;
    }

    private static Process start(List<String> command, Path work) {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(work.resolve("log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new TestAbortedException("no C++ compiler to run CUDA kernels on the processor: " + e.getMessage());
        }
    }

    private static void await(Process process, Path work) throws IOException {
        try {
            if (process.waitFor() != 0) {
                throw new AssertionError("the kernels do not compile for the processor:\n" + Files.readString(work.resolve("log")));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
