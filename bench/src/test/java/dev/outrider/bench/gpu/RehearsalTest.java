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
import java.util.ArrayList;
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

    private record Run(int status, String said, JsonNode document) {}

    private Run run(String... arguments) throws Exception {
        Optional<Path> driver = driver();
        assumeTrue(driver.isPresent(), "the tests of slm-runtime, which build the driver without a GPU, have not run");
        Path out = directory.resolve("gpu.json");
        Path log = directory.resolve("log");
        List<String> command = new ArrayList<>(List.of(
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
                out.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        return new Run(
                process.exitValue(),
                Files.readString(log, StandardCharsets.UTF_8),
                new ObjectMapper().readTree(out.toFile()));
    }

    @Test
    void the_run_takes_every_figure_and_finds_that_the_gpu_agrees() throws Exception {
        Run run = run();
        assertThat(run.status).as(run.said).isZero();
        assertThat(run.said)
                .contains("the GPU agrees with the processor")
                .contains("decode at 1.2k, 2 together")
                .contains("first token")
                .contains("llama.cpp was not asked for");

        JsonNode document = run.document;
        assertThat(document.path("rehearsal").asBoolean()).isTrue();
        assertThat(document.has("failures")).isFalse();
        assertThat(document.path("operations").size()).isGreaterThan(30);
        assertThat(document.path("models").size()).isEqualTo(8);
        JsonNode speed = document.path("speed").get(0);
        assertThat(speed.path("decode").size()).isEqualTo(4);
        assertThat(speed.path("decode").get(0).path("joulesPerToken").asDouble()).isPositive();
        assertThat(speed.path("decode").get(0).path("usedBytes").asLong()).isPositive();
        assertThat(speed.path("prefill").size()).isEqualTo(1);
        assertThat(speed.path("prefill").get(0).path("teraflops").asDouble()).isPositive();
        assertThat(document.path("gpu").path("matrixTeraflops").asDouble()).isPositive();
        assertThat(speed.path("firstTokenWithCachedPreamble").path("ms").asDouble()).isPositive();
    }

    @Test
    void each_row_has_the_figures_of_llama_cpp_beside_it() throws Exception {
        Run run = run("--peer", LlamaLibraries.needed().toString());
        assertThat(run.status).as(run.said).isZero();
        JsonNode peer = run.document.path("speed").get(0).path("llama.cpp");
        assertThat(peer.path("version").asText()).isEqualTo(Llama.VERSION);
        assertThat(peer.path("decode").size()).isEqualTo(4);
        peer.path("decode").forEach(row -> assertThat(row.path("msPerStep").asDouble()).isPositive());
        assertThat(peer.path("prefill").get(0).path("ms").asDouble()).isPositive();
        assertThat(peer.path("firstTokenWithCachedPreamble").path("ms").asDouble()).isPositive();
    }

    @Test
    void without_time_sections_are_skipped_with_the_reason_and_nothing_is_claimed() throws Exception {
        Run run = run("--seconds", "4", "--peer", directory.toString());
        assertThat(run.status).as(run.said).isEqualTo(1);
        assertThat(run.said)
                .containsPattern("section operations: skipped: \\d s are left, and it needs about 5")
                .contains("the GPU was NOT COMPARED in full")
                .containsPattern("first token +\\|  none, see \\(1\\)");
        assertThat(run.document.path("agrees").asBoolean()).isFalse();
        assertThat(run.document.path("speed").get(0).path("llama.cpp").path("reason").asText()).startsWith("skipped");
    }
}
