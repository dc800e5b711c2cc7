package dev.outrider.slm.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.outrider.slm.gguf.RandomBlocks;
import dev.outrider.slm.gguf.TensorType;

/**
 * Kernels in JVMs of their own. The compiler compiles a kernel once in a JVM, and now and then in such a way that it allocates for good, most
 * often on a busy machine (decision 8); whether a kernel <em>can</em> do without is asked of several JVMs.
 */
final class FreshVectors {

    /** One in five failed on a machine with twice as much work as processors; all of these together fail in less than one in five hundred. */
    private static final int JVMS = 8;

    /** Bytes of a call: what the count itself costs, far below one boxed vector in an inner loop. */
    static final double NOTHING = 65;

    /**
     * What one JVM found out about a type.
     *
     * @param oneVector bytes that a product with one vector allocates
     * @param severalVectors bytes that one with several allocates
     * @param products results of a product, rows by vectors
     */
    record Kernel(double oneVector, double severalVectors, double[] products) {

        boolean allocatesNothing() {
            return oneVector < NOTHING && severalVectors < NOTHING;
        }
    }

    private FreshVectors() {}

    /** Asks a JVM with these options; kernels in the order of {@link RandomBlocks#TYPES}. */
    static List<Kernel> ask(Path directory, long seed, int lanes, String... options) throws IOException, InterruptedException {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), NarrowVectors.class.getName(), Long.toString(seed)));
        Process process =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(err)).isZero();
        List<String> lines = Files.readAllLines(out);
        assertThat(lines.getFirst()).isEqualTo("floats " + lanes);
        assertThat(lines).hasSize(1 + RandomBlocks.TYPES.size());
        List<Kernel> kernels = new ArrayList<>();
        for (int i = 0; i < RandomBlocks.TYPES.size(); i++) {
            String[] parts = lines.get(i + 1).split(" ");
            assertThat(parts[0]).isEqualTo(RandomBlocks.TYPES.get(i).name());
            kernels.add(new Kernel(
                    Double.parseDouble(parts[1]), Double.parseDouble(parts[2]), NarrowVectors.numbers(parts[3])));
        }
        return kernels;
    }

    /** Asserts that there is a JVM in which the kernels of each of these types allocate nothing; gives what the last one found out. */
    static List<Kernel> assertThatOneAllocatesNothing(
            List<TensorType> types, Path directory, long seed, int lanes, String... options) throws IOException, InterruptedException {
        List<TensorType> allocating = new ArrayList<>(types);
        List<Kernel> kernels = List.of();
        for (int jvm = 0; jvm < JVMS && !allocating.isEmpty(); jvm++) {
            kernels = ask(directory, seed, lanes, options);
            List<Kernel> found = kernels;
            allocating.removeIf(type -> found.get(RandomBlocks.TYPES.indexOf(type)).allocatesNothing());
            if (!allocating.isEmpty()) {
                System.err.println("kernels of " + allocating + " allocate in JVM " + (jvm + 1) + " of at most " + JVMS);
            }
        }
        assertThat(allocating).as("types whose products allocate in each of %d JVMs", JVMS).isEmpty();
        return kernels;
    }
}
