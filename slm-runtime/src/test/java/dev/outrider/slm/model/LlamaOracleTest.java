package dev.outrider.slm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.Golden;
import dev.outrider.slm.Oracle;
import dev.outrider.slm.SlmEngine;

/** Architecture {@code llama} against llama.cpp itself. */
class LlamaOracleTest {

    @TempDir
    Path directory;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @BeforeAll
    static void needsTheOracle() {
        Oracle.needed();
    }

    @Test
    void logits_of_random_models_are_those_of_llama_cpp() throws Exception {
        for (int round = 0; round < 2; round++) {
            LlamaFile file = round == 0 ? LlamaFile.smol(random) : LlamaFile.random(random, true);
            compare(file, round + ".gguf", 200, 1e-4f);
        }
    }

    /** llama.cpp computes angles in single precision, step by step over the pairs; that far behind the start it shows. */
    @Test
    @Tag("long")
    void logits_are_those_of_llama_cpp_four_thousand_tokens_deep() throws Exception {
        compare(LlamaFile.smol(random), "deep.gguf", 4096, 3e-4f);
    }

    private void compare(LlamaFile file, String name, int length, float tolerance) throws Exception {
        Path model = file.write(directory.resolve(name));
        int[] tokens = random.ints(length, 0, LlamaFile.vocabulary()).toArray();
        float[][] expected = Oracle.logits(model, tokens, directory);
        try (SlmEngine engine = SlmEngine.load(model, 2)) {
            float[][] actual = Golden.logits(engine, tokens);
            float worst = 0;
            for (int t = 0; t < length; t++) {
                for (int i = 0; i < actual[t].length; i++) {
                    worst = Math.max(worst, Math.abs(actual[t][i] - expected[t][i]));
                }
            }
            assertThat(worst).as("largest difference, seed %d, %s", seed, file.metadata().get("llama.rope.freq_base"))
                    .isCloseTo(0, within(tolerance));
        }
    }
}
