package dev.outrider.slm.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.gguf.RandomBlocks;
import dev.outrider.slm.gguf.TensorType;

/** The kernels in a JVM that is held to AVX2, thus to 256 bits and 16 registers, without any compiler options. */
class NarrowVectorsTest {

    @TempDir
    Path directory;

    @Test
    void products_are_the_same_with_256_bits_and_allocate_nothing() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "-XX:UseAVX is an option of x86 only");
        long seed = new Random().nextLong();
        Path out = directory.resolve("out");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-XX:UseAVX=2",
                        "-cp",
                        System.getProperty("java.class.path"),
                        NarrowVectors.class.getName(),
                        Long.toString(seed))
                .redirectOutput(out.toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(() -> text("err")).isZero();
        List<String> lines = Files.readAllLines(out);
        assertThat(lines.getFirst()).isEqualTo("floats 8");
        assertThat(lines).hasSize(1 + RandomBlocks.TYPES.size());
        for (int i = 0; i < RandomBlocks.TYPES.size(); i++) {
            TensorType type = RandomBlocks.TYPES.get(i);
            String[] parts = lines.get(i + 1).split(" ");
            assertThat(parts[0]).isEqualTo(type.name());
            assertThat(Double.parseDouble(parts[1])).as("bytes that a product of %s with one vector allocates", type).isLessThan(65);
            assertThat(Double.parseDouble(parts[2])).as("bytes that a product of %s with several allocates", type).isLessThan(65);
            double[] narrow = NarrowVectors.numbers(parts[3]);
            float[] here = NarrowVectors.products(type, seed);
            for (int j = 0; j < here.length; j++) {
                // sums of other lanes: the order of additions differs, the products do not
                assertThat((double) here[j]).as("%s, result %d, seed %d", type, j, seed).isCloseTo(narrow[j], within(2e-3));
            }
        }
    }

    private String text(String file) {
        try {
            return Files.readString(directory.resolve(file));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
