package dev.outrider.slm.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufWriter;

/**
 * The configurations of published models of architecture {@code nemotron_h}: metadata as their files have them, with a small vocabulary
 * and without weights. What was read is held against the published number of parameters, reckoned from the sizes with the whole vocabulary.
 */
class RealShapesTest {

    private static final int VOCABULARY = 131_072;

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "9B v2,  M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-,         56, 4480, 15680, 40, 8, 128, 80, 8888.2",
        "12B v2, M-M-M-M*-M-M-M-M*-M-M-M-M*-M-M-M-M*-M-M-M-M*-M-M-M-M*-M-M-M-M-,   62, 5120, 20480, 40, 8, 128, 80, 12310",
        "3 4B,   M-M-M-MM-M-M*-M-M*-M-M-M*-M-M-MM*-MMM-M-M-,                       42, 3136, 12544, 40, 8, 96, 80, 3973.6",
        "H 8B,   M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-,             52, 4096, 21504, 32, 8, 128, 64, 8101",
    })
    void the_sizes_of_published_models_are_read_and_add_up(
            String name,
            String pattern,
            int layers,
            int hidden,
            int feedForward,
            int heads,
            int keyHeads,
            int mambaHeads,
            int mambaSize,
            double millions) {
        Path file = directory.resolve("shape.gguf");
        GgufWriter.write(
                file,
                metadata(pattern, hidden, feedForward, heads, keyHeads, mambaHeads, mambaSize),
                List.of(GgufWriter.Tensor.f32("token_embd.weight", List.of((long) hidden, 16L), new float[16 * hidden])));
        try (Gguf gguf = Gguf.open(file)) {
            HybridConfig config = Architectures.config(gguf);
            assertThat(config.pattern()).as(name).isEqualTo(pattern).hasSize(layers);
            assertThat(config.hidden()).isEqualTo(hidden);
            assertThat(config.mamba()).isEqualTo(new MambaShape(mambaHeads, mambaSize, 128, 8, 4));
            for (int i = 0; i < layers; i++) {
                boolean attends = config.layers().get(i) == LayerKind.ATTENTION;
                // the size of a head is a key of its own: heads times size is not the width of the model
                assertThat(config.attention().get(i)).isEqualTo(attends ? new AttentionShape(heads, keyHeads, 128, 128) : new AttentionShape(0, 0, 0, 0));
            }
            assertThat(parameters(config) / 1e6).as(name).isBetween(millions * 0.999, millions * 1.001);
        }
    }

    private static Map<String, Object> metadata(
            String pattern, int hidden, int feedForward, int heads, int keyHeads, int mambaHeads, int mambaSize) {
        Map<String, Object> keys = new LinkedHashMap<>();
        String prefix = "nemotron_h.";
        keys.put("general.architecture", "nemotron_h");
        keys.put(prefix + "block_count", pattern.length());
        keys.put(prefix + "context_length", 131_072);
        keys.put(prefix + "embedding_length", hidden);
        keys.put(prefix + "feed_forward_length", pattern.chars().map(c -> c == '-' ? feedForward : 0).toArray());
        keys.put(prefix + "attention.head_count", heads);
        keys.put(prefix + "attention.head_count_kv", pattern.chars().map(c -> c == '*' ? keyHeads : 0).toArray());
        keys.put(prefix + "attention.key_length", 128);
        keys.put(prefix + "attention.value_length", 128);
        keys.put(prefix + "attention.layer_norm_epsilon", 1e-5f);
        keys.put(prefix + "attention.layer_norm_rms_epsilon", 1e-5f);
        keys.put(prefix + "ssm.conv_kernel", 4);
        keys.put(prefix + "ssm.inner_size", mambaHeads * mambaSize);
        keys.put(prefix + "ssm.state_size", 128);
        keys.put(prefix + "ssm.time_step_rank", mambaHeads);
        keys.put(prefix + "ssm.group_count", 8);
        return keys;
    }

    private static double parameters(HybridConfig config) {
        double hidden = config.hidden();
        double sum = 2 * VOCABULARY * hidden + hidden;
        for (int i = 0; i < config.layers().size(); i++) {
            AttentionShape attention = config.attention().get(i);
            MambaShape mamba = config.mamba();
            sum += hidden + switch (config.layers().get(i)) {
                case MAMBA -> hidden * mamba.projected() + mamba.convolved() * (mamba.kernel() + 1.0) + 3.0 * mamba.heads()
                        + mamba.inner() + hidden * mamba.inner();
                case ATTENTION -> hidden * (2.0 * attention.heads() + 2.0 * attention.keyHeads()) * attention.keySize();
                case MLP -> 2 * hidden * config.feedForward().get(i);
                case GATED_MLP -> 3 * hidden * config.feedForward().get(i);
            };
        }
        return sum;
    }
}
