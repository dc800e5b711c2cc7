package dev.outrider.slm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.Golden;
import dev.outrider.slm.gguf.Gguf;

/** A model file's tokenizer against llama.cpp itself, where the oracle kit is at hand. */
class OracleTokensTest {

    @Test
    void aFileIsTokenizedAsLlamaCppDoes(@TempDir Path directory) throws IOException, InterruptedException {
        Path oracle = Path.of(System.getProperty("outrider.root", ".."), "..", "shared", "oracle", "LlamaOracle.java");
        String libraries = System.getenv("LLAMA_LIB_DIR");
        assumeTrue(
                libraries != null && Files.exists(oracle),
                "needs the oracle kit in ../shared and LLAMA_LIB_DIR, where its fetch-peer.sh put the libraries");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>();
        for (JsonNode one : TestVocabulary.resource("cases.json").get("cases")) {
            texts.add(one.get("text").textValue());
        }
        for (int i = 0; i < 2000; i++) {
            texts.add(RandomText.atoms(random, 20));
        }
        String text = String.join("</s>", texts);
        Path model = Golden.copy("f32-2.gguf", directory);
        Path file = Files.writeString(directory.resolve("text.txt"), text);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        oracle.toString(),
                        "tokenize",
                        model.toString(),
                        file.toString())
                .redirectError(directory.resolve("errors.txt").toFile())
                .start();
        String expected = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(Files.readString(directory.resolve("errors.txt"))).isZero();
        try (Gguf gguf = Gguf.open(model)) {
            String ids = Arrays.stream(Tokenizer.of(gguf.metadata()).encodeWithSpecialTokens(text))
                    .mapToObj(String::valueOf)
                    .collect(Collectors.joining(" "));
            assertThat(ids).as("seed %d", seed).isEqualTo(expected);
        }
    }
}
