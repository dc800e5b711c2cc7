package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * llama.cpp through the oracle kit, which lies beside a development checkout; its {@code fetch-peer.sh} gets the libraries. Tests are
 * skipped where either is missing.
 */
public final class Oracle {

    private static final Path PROGRAM =
            Path.of(System.getProperty("outrider.root", ".."), "..", "shared", "oracle", "LlamaOracle.java");
    private static final String LIBRARIES = System.getProperty("outrider.llama", System.getenv("LLAMA_LIB_DIR"));

    private Oracle() {}

    /** Skips the test where there is no oracle. */
    public static void needed() {
        assumeTrue(
                LIBRARIES != null && Files.exists(PROGRAM),
                "needs the oracle kit in ../shared, and in LLAMA_LIB_DIR or -Doutrider.llama the directory where its fetch-peer.sh"
                        + " put the libraries");
    }

    /** The logits of all positions, by llama.cpp. */
    public static float[][] logits(Path model, int[] tokens, Path directory, String... options) throws Exception {
        Path text = Files.writeString(directory.resolve("oracle-tokens.txt"), joined(tokens), StandardCharsets.US_ASCII);
        Path out = directory.resolve("oracle-logits.f32");
        List<String> arguments = new ArrayList<>(List.of("logits", model.toString(), text.toString(), out.toString()));
        arguments.addAll(List.of(options));
        run(directory, arguments);
        return Golden.rows(Files.readAllBytes(out), tokens.length);
    }

    /** The token ids of a text in which special tokens count, by llama.cpp. */
    public static int[] tokens(Path model, String text, Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("oracle-text.txt"), text);
        String ids = run(directory, List.of("tokenize", model.toString(), file.toString())).strip();
        return ids.isEmpty() ? new int[0] : Arrays.stream(ids.split("\\s+")).mapToInt(Integer::parseInt).toArray();
    }

    private static String run(Path directory, List<String> arguments) throws IOException, InterruptedException {
        needed();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                PROGRAM.toString()));
        command.addAll(arguments);
        command.addAll(List.of("--lib", LIBRARIES));
        Path errors = directory.resolve("oracle-errors.txt");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
        return output;
    }

    private static String joined(int[] tokens) {
        return Arrays.stream(tokens).mapToObj(String::valueOf).collect(Collectors.joining(" "));
    }
}
