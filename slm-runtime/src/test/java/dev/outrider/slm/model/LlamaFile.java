package dev.outrider.slm.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.gguf.GgufWriter;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.TokenizerSpec;

/**
 * A small model of architecture {@code llama} with random weights in F32, and its sizes. Logits have a standard deviation near 1.
 *
 * @param base {@code rope.freq_base}
 * @param rotated values of a head that are rotated
 * @param linear factor of linear scaling; 1 for none
 * @param factors {@code rope_freqs.weight}, or null
 * @param tied whether the head is the embedding table
 */
@SuppressWarnings("ArrayRecordComponent") // only read
public record LlamaFile(
        int blocks,
        int hidden,
        int heads,
        int keyHeads,
        int width,
        int context,
        double base,
        int rotated,
        double linear,
        float @Nullable [] factors,
        boolean tied,
        Map<String, float[]> weights) {

    /** Epsilon of all norms. */
    public static final float EPSILON = 1e-5f;

    private static final TokenizerSpec WORDS = TestVocabulary.spec("smollm");

    /** Tokens of the vocabulary. */
    public static int vocabulary() {
        return WORDS.tokens().size();
    }

    int headSize() {
        return hidden / heads;
    }

    /** Everything at random, within what small models have. */
    public static LlamaFile random(Random random) {
        return random(random, random.nextInt(3) > 0);
    }

    /** @param whole whether heads are rotated as a whole, as llama.cpp wants it */
    static LlamaFile random(Random random, boolean whole) {
        int keyHeads = 1 + random.nextInt(3);
        int heads = keyHeads * (1 + random.nextInt(3));
        int headSize = 2 * (3 + random.nextInt(14));
        int rotated = whole ? headSize : 2 * (1 + random.nextInt(headSize / 2));
        float[] factors = null;
        if (random.nextBoolean()) {
            factors = new float[rotated / 2];
            for (int i = 0; i < factors.length; i++) {
                factors[i] = 1 + random.nextInt(8);
            }
        }
        return new LlamaFile(
                        1 + random.nextInt(3),
                        heads * headSize,
                        heads,
                        keyHeads,
                        16 + random.nextInt(300),
                        8192,
                        random.nextBoolean() ? 10_000 : 500_000,
                        rotated,
                        random.nextInt(3) == 0 ? 4 : 1,
                        factors,
                        random.nextBoolean(),
                        new LinkedHashMap<>())
                .filled(random);
    }

    /** Two blocks in the manner of SmolLM2: three query heads to a key head, tied head, no scaling. */
    public static LlamaFile smol(Random random) {
        return new LlamaFile(2, 96, 6, 2, 256, 8192, 100_000, 16, 1, null, true, new LinkedHashMap<>()).filled(random);
    }

    private LlamaFile filled(Random random) {
        int size = headSize();
        fill("token_embd.weight", random, tied ? 1 / Math.sqrt(hidden) : 1, hidden, vocabulary());
        for (int i = 0; i < blocks; i++) {
            String block = "blk." + i + ".";
            norm(block + "attn_norm.weight", random);
            norm(block + "ffn_norm.weight", random);
            fill(block + "attn_q.weight", random, 1 / Math.sqrt(hidden), hidden, heads * size);
            fill(block + "attn_k.weight", random, 1 / Math.sqrt(hidden), hidden, keyHeads * size);
            fill(block + "attn_v.weight", random, 1 / Math.sqrt(hidden), hidden, keyHeads * size);
            fill(block + "attn_output.weight", random, 1 / Math.sqrt(heads * size), heads * size, hidden);
            fill(block + "ffn_gate.weight", random, 1 / Math.sqrt(hidden), hidden, width);
            fill(block + "ffn_up.weight", random, 1 / Math.sqrt(hidden), hidden, width);
            fill(block + "ffn_down.weight", random, 1 / Math.sqrt(width), width, hidden);
        }
        norm("output_norm.weight", random);
        if (!tied) {
            fill("output.weight", random, 1 / Math.sqrt(hidden), hidden, vocabulary());
        }
        return this;
    }

    private void fill(String name, Random random, double deviation, int columns, int rows) {
        float[] values = new float[columns * rows];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        weights.put(name, values);
    }

    private void norm(String name, Random random) {
        float[] values = new float[hidden];
        for (int i = 0; i < hidden; i++) {
            values[i] = 0.5f + random.nextFloat();
        }
        weights.put(name, values);
    }

    /** Everything that stands in the file besides the tensors. */
    public Map<String, Object> metadata() {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("general.architecture", "llama");
        keys.put("general.name", "random llama");
        keys.put("llama.block_count", blocks);
        keys.put("llama.context_length", context);
        keys.put("llama.embedding_length", hidden);
        keys.put("llama.feed_forward_length", width);
        keys.put("llama.attention.head_count", heads);
        keys.put("llama.attention.head_count_kv", keyHeads);
        keys.put("llama.attention.layer_norm_rms_epsilon", EPSILON);
        keys.put("llama.rope.freq_base", (float) base);
        keys.put("llama.rope.dimension_count", rotated);
        keys.put("llama.vocab_size", vocabulary());
        if (linear != 1) {
            keys.put("llama.rope.scaling.type", "linear");
            keys.put("llama.rope.scaling.factor", (float) linear);
        }
        keys.put("tokenizer.ggml.model", "gpt2");
        keys.put("tokenizer.ggml.pre", "smollm");
        keys.put("tokenizer.ggml.tokens", WORDS.tokens());
        keys.put("tokenizer.ggml.token_type", Objects.requireNonNull(WORDS.types()).stream().mapToInt(Integer::intValue).toArray());
        keys.put("tokenizer.ggml.merges", WORDS.merges());
        keys.put("tokenizer.ggml.eos_token_id", 4);
        return keys;
    }

    /** Writes the file. */
    public Path write(Path file) {
        return write(file, metadata());
    }

    /** Writes the file with other metadata. */
    public Path write(Path file, Map<String, Object> metadata) {
        List<GgufWriter.Tensor> tensors = new ArrayList<>();
        weights.forEach((name, values) -> {
            long columns = columns(name);
            tensors.add(GgufWriter.Tensor.f32(
                    name, values.length == columns ? List.of(columns) : List.of(columns, values.length / columns), values));
        });
        if (factors != null) {
            tensors.add(GgufWriter.Tensor.f32("rope_freqs.weight", List.of((long) factors.length), factors));
        }
        GgufWriter.write(file, metadata, tensors);
        return file;
    }

    private long columns(String name) {
        if (name.endsWith("ffn_down.weight")) {
            return width;
        }
        return name.endsWith("attn_output.weight") ? (long) heads * headSize() : hidden;
    }
}
