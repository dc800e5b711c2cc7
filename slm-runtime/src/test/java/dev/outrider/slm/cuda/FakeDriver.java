package dev.outrider.slm.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/** The driver of {@code src/test/cuda/fake_driver.cpp}, compiled when it is first needed, with its controls for tests. */
public final class FakeDriver {

    private static final Path MODULE = Path.of(System.getProperty("outrider.root", ".."), "slm-runtime");
    private static final Path SHIM = MODULE.resolve("src/test/cpp/shim");

    private static @Nullable Path built;

    private final Path file;
    private final DriverLibrary library;
    private final SymbolLookup symbols;

    private FakeDriver(Path file) {
        this.file = file;
        library = DriverLibrary.open(file.toString());
        symbols = SymbolLookup.libraryLookup(file, Arena.global());
    }

    /** The driver in its first state: one GPU, nothing allocated. Skips the test where there is no C++ compiler. */
    public static FakeDriver fresh() {
        FakeDriver driver = new FakeDriver(library());
        driver.call("fake_reset");
        return driver;
    }

    /** The library's file. */
    static synchronized Path library() {
        Path file = built;
        if (file == null) {
            file = build();
            built = file;
        }
        return file;
    }

    private static Path build() {
        try {
            List<Path> sources = new ArrayList<>(files(MODULE.resolve("src/main/cuda"), ".cu"));
            sources.addAll(files(SHIM, ".cpp"));
            sources.add(MODULE.resolve("src/test/cuda/fake_driver.cpp"));
            List<Path> all = new ArrayList<>(sources);
            all.addAll(files(MODULE.resolve("src/main/cuda"), ".cuh"));
            all.addAll(files(SHIM, ".h"));
            Path directory = Files.createDirectories(MODULE.resolve("target/fake-driver")).toAbsolutePath();
            Path file = directory.resolve("libfake-" + hash(all) + ".so");
            if (!Files.exists(file)) {
                Path temporary = Files.createTempDirectory(directory, "build-");
                compile(sources, temporary);
                Files.move(temporary.resolve("out.so"), file, StandardCopyOption.ATOMIC_MOVE);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> files(Path directory, String ending) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> list = Files.list(directory)) {
            return list.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    /** Compiles the sources side by side, two at a time, and links them. */
    private static void compile(List<Path> sources, Path directory) throws IOException {
        List<String> objects = new ArrayList<>();
        List<List<String>> commands = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            String object = directory.resolve(i + ".o").toString();
            objects.add(object);
            commands.add(List.of(
                    "c++",
                    "-std=c++17",
                    "-O1",
                    "-fPIC",
                    "-fvisibility=hidden",
                    "-w",
                    "-DOUTRIDER_SHIM",
                    "-I" + SHIM,
                    "-x",
                    "c++",
                    "-c",
                    sources.get(i).toString(),
                    "-o",
                    object));
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            List<Future<?>> running = new ArrayList<>();
            commands.forEach(command -> running.add(pool.submit(() -> run(command))));
            for (Future<?> one : running) {
                one.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TestAbortedException skip) {
                throw skip;
            }
            throw new IllegalStateException(e.getCause());
        }
        List<String> link = new ArrayList<>(
                List.of("c++", "-shared", "-pthread", "-o", directory.resolve("out.so").toString()));
        link.addAll(objects);
        link.add("-ldl");
        run(link);
    }

    private static void run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + " failed:\n" + said);
            }
        } catch (IOException e) {
            throw new TestAbortedException("no C++ compiler: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String hash(List<Path> sources) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path source : sources) {
                digest.update(Files.readAllBytes(source));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    DriverLibrary driver() {
        return library;
    }

    /** Where the library is, for the system property that chooses it. */
    public Path file() {
        return file;
    }

    public FakeDriver devices(int count) {
        return call("fake_devices", count);
    }

    /** @param cuda as 1000 x major + 10 x minor */
    public FakeDriver version(int cuda) {
        return call("fake_version", cuda);
    }

    public FakeDriver memory(long bytes) {
        return call("fake_memory", bytes);
    }

    /** Memory that another process holds. */
    public FakeDriver heldByOthers(long bytes) {
        return call("fake_others", bytes);
    }

    /** Lets launches do nothing, for tests of everything around them. */
    public FakeDriver withoutKernels() {
        return call("fake_run", 0);
    }

    /** A GPU that does not tell what it uses. */
    public FakeDriver withoutEnergy() {
        return call("fake_energy", 0);
    }

    /** What starting the driver gives. */
    public FakeDriver start(int result) {
        return call("fake_init", result);
    }

    public FakeDriver capability(int major, int minor) {
        try {
            function("fake_capability", JAVA_INT, JAVA_INT).invoke(major, minor);
            return this;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** The {@code call}-th call from now on fails, 0 for none. */
    public FakeDriver fail(long call, int result) {
        try {
            function("fake_fail", JAVA_LONG, JAVA_INT).invoke(call, result);
            return this;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** The {@code nth} call of this function from now on fails. */
    public FakeDriver fail(String name, long nth, int result) {
        try (Arena arena = Arena.ofConfined()) {
            function("fake_fail_named", ADDRESS, JAVA_LONG, JAVA_INT).invoke(arena.allocateFrom(name), nth, result);
            return this;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Calls so far. */
    public long calls() {
        return number("fake_calls");
    }

    public long launches() {
        return number("fake_launches");
    }

    public long graphLaunches() {
        return number("fake_graph_launches");
    }

    /** Bytes of device memory in use. */
    public long used() {
        return number("fake_used");
    }

    /** Allocations, streams, events, modules and graphs that are open. */
    public long open() {
        return number("fake_open");
    }

    /** References to the GPU's context. */
    public long contexts() {
        return number("fake_contexts");
    }

    /** What was open when the context was given back. */
    public long leftAtRelease() {
        return number("fake_left_at_release");
    }

    /** What somebody did that the real driver leaves undefined, or empty. */
    public String complaint() {
        MemorySegment address = symbols.find("fake_complaint").orElseThrow();
        MethodHandle handle = Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(ADDRESS));
        try {
            MemorySegment text = (MemorySegment) handle.invoke();
            return text.reinterpret(1024).getString(0);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private MethodHandle function(String name, MemoryLayout... parameters) {
        return Linker.nativeLinker()
                .downcallHandle(symbols.find(name).orElseThrow(), FunctionDescriptor.ofVoid(parameters));
    }

    private FakeDriver call(String name) {
        try {
            function(name).invoke();
            return this;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private FakeDriver call(String name, int argument) {
        try {
            function(name, JAVA_INT).invoke(argument);
            return this;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private FakeDriver call(String name, long argument) {
        try {
            function(name, JAVA_LONG).invoke(argument);
            return this;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private long number(String name) {
        MethodHandle handle = Linker.nativeLinker()
                .downcallHandle(symbols.find(name).orElseThrow(), FunctionDescriptor.of(JAVA_LONG));
        try {
            return (long) handle.invoke();
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
