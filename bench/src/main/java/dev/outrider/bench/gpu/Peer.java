package dev.outrider.bench.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * llama.cpp on the same GPU in the same run: {@code LlamaOracle} of the oracle kit, which is given by its folder, one sequence at a time. A
 * model file is written for it, used and deleted.
 */
final class Peer {

    private static final int DECODE = 32;

    private final Path kit;
    private final LongSupplier secondsLeft;

    /** @param kit a folder with LlamaOracle.class or LlamaOracle.java, and the libraries below it */
    Peer(Path kit, LongSupplier secondsLeft) {
        this.kit = kit;
        this.secondsLeft = secondsLeft;
    }

    /** Measures prompts of these lengths, each followed by some tokens of answer. */
    void measure(Shapes shapes, Shapes.Format format, int[] prompts, Path directory, ArrayNode results)
            throws IOException, InterruptedException {
        Path file = directory.resolve("peer-" + shapes.name() + "-" + format + ".gguf");
        try {
            SyntheticModel.write(file, shapes, format, 7, true);
            for (int prompt : prompts) {
                if (secondsLeft.getAsLong() < 20) {
                    return;
                }
                run(file, prompt, results);
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private void run(Path model, int prompt, ArrayNode results) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        boolean compiled = Files.exists(kit.resolve("LlamaOracle.class"));
        List<String> oracle = compiled
                ? List.of("-cp", kit.toString(), "LlamaOracle")
                : List.of(kit.resolve("LlamaOracle.java").toString());
        ProcessBuilder builder = new ProcessBuilder(java, "--enable-native-access=ALL-UNNAMED");
        builder.command().addAll(oracle);
        builder.command()
                .addAll(List.of(
                        "bench",
                        model.toString(),
                        "--lib",
                        kit.toString(),
                        "--ngl",
                        "99",
                        "--prefill",
                        String.valueOf(prompt),
                        "--decode",
                        String.valueOf(DECODE),
                        "--reps",
                        "2"));
        Path said = Files.createTempFile("peer-", ".log");
        Process process = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            if (!process.waitFor(Math.max(1, secondsLeft.getAsLong()), TimeUnit.SECONDS)) {
                results.addObject().put("prefill", prompt).put("error", "no time left");
                return;
            }
            String text = Files.readString(said, StandardCharsets.UTF_8);
            int at = text.lastIndexOf("{\"engine\"");
            if (process.exitValue() == 0 && at >= 0) {
                results.add(new ObjectMapper().readTree(text.substring(at)));
            } else {
                results.addObject().put("prefill", prompt).put("error", text.strip().lines().reduce("", (a, b) -> b));
            }
        } finally {
            process.destroyForcibly();
            Files.delete(said);
        }
    }
}
