package dev.outrider.slm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.Golden;
import dev.outrider.slm.SlmEngine;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufException;

class LlamaTest {

    @TempDir
    Path directory;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @Test
    void logits_are_those_of_plain_arithmetic_whatever_the_sizes_and_the_rotation() {
        for (int round = 0; round < 12; round++) {
            LlamaFile file = LlamaFile.random(random);
            int[] tokens = random.ints(1 + random.nextInt(90), 0, LlamaFile.vocabulary()).toArray();
            LlamaReference reference = new LlamaReference(file);
            try (SlmEngine engine = SlmEngine.load(file.write(directory.resolve(round + ".gguf")), 2)) {
                float[][] logits = Golden.logits(engine, tokens);
                for (int t = 0; t < tokens.length; t++) {
                    assertThat(logits[t])
                            .as("seed %d, round %d, position %d of %s", seed, round, t, file.metadata())
                            .containsExactly(reference.next(tokens[t]), within(1e-4f));
                }
            }
        }
    }

    @Test
    void the_configuration_says_what_the_file_holds() {
        LlamaFile file = LlamaFile.smol(random);
        try (Gguf gguf = Gguf.open(file.write(directory.resolve("m.gguf")))) {
            HybridConfig config = Architectures.config(gguf);
            assertThat(config.pattern()).isEqualTo("*+*+");
            assertThat(config.attention().getFirst()).isEqualTo(new AttentionShape(6, 2, 16, 16));
            assertThat(config.feedForward()).containsExactly(0, 256, 0, 256);
            assertThat(config.vocabularySize()).isEqualTo(LlamaFile.vocabulary());
            assertThat(config.hidden()).isEqualTo(96);
        }
    }

    @Test
    void a_file_without_the_optional_keys_takes_the_usual_values() {
        LlamaFile filled = LlamaFile.smol(random);
        Map<String, Object> less = filled.metadata();
        less.remove("llama.rope.dimension_count");
        less.remove("llama.vocab_size");
        int[] tokens = {1, 2, 3, 4, 5};
        try (SlmEngine with = SlmEngine.load(filled.write(directory.resolve("with.gguf")), 1);
                SlmEngine without = SlmEngine.load(filled.write(directory.resolve("without.gguf"), less), 1)) {
            assertThat(Golden.logits(without, tokens)).isDeepEqualTo(Golden.logits(with, tokens));
        }
    }

    @Test
    void what_would_be_computed_wrongly_is_refused_with_the_key_that_says_so() {
        refused("llama.rope.scaling.type", "yarn", "the scaling 'yarn' is not supported");
        refused("llama.rope.freq_base", 0f, "must be above 0 but is 0.0");
        refused("llama.rope.dimension_count", 7, "7 values do not make pairs");
        refused("llama.rope.dimension_count", 18, "llama.rope.dimension_count");
        refused("llama.expert_count", 8, "mixtures of experts are not supported");
        refused("llama.attention.head_count_kv", 4, "6 query heads cannot share 4 key heads in layer 0 evenly");
        refused("llama.feed_forward_length", 0, "a width of 0 in block 0 is impossible");
        refused("llama.feed_forward_length", List.of(256), "feed_forward_length");
        refused("llama.block_count", 3, "blk.2.attn_norm.weight");
        refused("llama.block_count", 1, "is not part of the architecture llama");
        refused("llama.attention.layer_norm_rms_epsilon", Float.NaN, "must be in [0, 1]");
    }

    private void refused(String key, Object value, String problem) {
        Map<String, Object> metadata = LlamaFile.smol(random).metadata();
        metadata.put(key, value instanceof List<?> list ? list.stream().mapToInt(v -> (int) v).toArray() : value);
        Path path = LlamaFile.smol(random).write(directory.resolve("bad.gguf"), metadata);
        ThrowableAssertAlternative<GgufException> thrown = assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> SlmEngine.load(path, 1).close())
                .withMessageStartingWith(path + ": ");
        thrown.withMessageContaining(problem).withMessageNotContaining("\n");
    }

    @Test
    void rotation_by_factors_that_are_no_numbers_is_refused() {
        LlamaFile smol = LlamaFile.smol(random);
        LlamaFile zero = new LlamaFile(
                2, 96, 6, 2, 256, 8192, 100_000, 16, 1, new float[8], true, smol.weights());
        Path path = zero.write(directory.resolve("zero.gguf"));
        assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> SlmEngine.load(path, 1).close())
                .withMessageContaining("rope_freqs.weight")
                .withMessageContaining("gives no angle");
    }
}
