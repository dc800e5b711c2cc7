package dev.outrider.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole run of {@code bench/gpu/run} with tiny shapes, on the driver without a GPU. */
class RehearsalTest {

    private static final Path DRIVERS =
            Path.of(System.getProperty("outrider.root", ".."), "slm-runtime", "target", "fake-driver");

    @TempDir
    Path directory;

    /** The latest driver that the tests of slm-runtime have built. */
    private static Optional<Path> driver() throws IOException {
        if (!Files.isDirectory(DRIVERS)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(DRIVERS)) {
            return files.filter(file -> file.toString().endsWith(".so"))
                    .filter(RehearsalTest::runsKernels)
                    .max(Comparator.comparing((Path file) -> file.toFile().lastModified()));
        }
    }

    private static boolean runsKernels(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            return SymbolLookup.libraryLookup(file, arena).find("launch_rms_norm").isPresent();
        }
    }

    @Test
    void the_run_takes_every_figure_and_finds_that_the_gpu_agrees() throws Exception {
        Optional<Path> driver = driver();
        assumeTrue(driver.isPresent(), "the tests of slm-runtime, which build the driver without a GPU, have not run");
        Path out = directory.resolve("gpu.json");
        Path log = directory.resolve("log");
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Doutrider.cuda.library=" + driver.get(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        GpuBench.class.getName(),
                        "--rehearsal",
                        "--out",
                        out.toString()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        String said = Files.readString(log, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as(said).isZero();
        assertThat(said).contains("the GPU agrees with the processor");
        assertThat(said).contains("% of the matrix rate").contains("first token with a cached preamble");

        JsonNode document = new ObjectMapper().readTree(out.toFile());
        assertThat(document.path("rehearsal").asBoolean()).isTrue();
        assertThat(document.has("failures")).isFalse();
        assertThat(document.path("operations").size()).isGreaterThan(30);
        assertThat(document.path("models").size()).isEqualTo(6);
        JsonNode speed = document.path("speed").get(0);
        assertThat(speed.path("decode").size()).isEqualTo(2);
        assertThat(speed.path("decode").get(0).path("joulesPerToken").asDouble()).isPositive();
        assertThat(speed.path("prefill").size()).isEqualTo(1);
        assertThat(speed.path("prefill").get(0).path("teraflops").asDouble()).isPositive();
        assertThat(document.path("gpu").path("matrixTeraflops").asDouble()).isPositive();
        assertThat(speed.path("firstTokenWithCachedPreamble").path("ms").asDouble()).isPositive();
    }
}
