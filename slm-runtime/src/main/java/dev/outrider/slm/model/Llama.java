package dev.outrider.slm.model;

import java.util.ArrayList;
import java.util.List;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufMetadata;

/**
 * Llama (arXiv 2302.13971) and its kin, such as SmolLM2 and Llama 3.2: every block is two layers, grouped-query attention with rotated
 * positions and a SwiGLU MLP, each behind a norm. Files hold the rows of queries and keys such that neighbouring values rotate together.
 */
final class Llama {

    static final String ARCHITECTURE = "llama";

    private static final String PREFIX = ARCHITECTURE + ".";

    private static final double DEFAULT_BASE = 10_000;

    private Llama() {}

    static LanguageModel load(Gguf gguf, Backend backend) {
        HybridConfig config = config(gguf);
        Weights weights = new Weights(gguf, backend);
        Backend.Matrix embedding = weights.matrix("token_embd.weight", config.vocabularySize(), config.hidden());
        List<Layer> layers = new ArrayList<>();
        int hidden = config.hidden();
        Backend.Rotation rotation = backend.rotation(frequencies(gguf, weights, config.attention().getFirst().keySize()));
        for (int i = 0; i < config.layers().size(); i += 2) {
            String name = "blk." + i / 2 + ".";
            int width = config.feedForward().get(i + 1);
            layers.add(Layer.attention(
                    weights,
                    name,
                    weights.vector(name + "attn_norm.weight", hidden),
                    config.attention().get(i),
                    hidden,
                    rotation));
            layers.add(new Layer.GatedMlp(
                    weights.vector(name + "ffn_norm.weight", hidden),
                    weights.matrix(name + "ffn_gate.weight", width, hidden),
                    weights.matrix(name + "ffn_up.weight", width, hidden),
                    weights.matrix(name + "ffn_down.weight", hidden, width)));
        }
        return new LayerGraph(config, weights, backend, embedding, layers);
    }

    /**
     * Reads and checks the configuration.
     *
     * @throws dev.outrider.slm.gguf.GgufException naming the key that is missing or impossible
     */
    static HybridConfig config(Gguf gguf) {
        GgufMetadata metadata = gguf.metadata();
        String experts = PREFIX + "expert_count";
        if (metadata.findInteger(experts).orElse(0L) > 0) {
            throw metadata.error(experts, "mixtures of experts are not supported; take a dense model");
        }
        int blocks = metadata.integer(PREFIX + "block_count", 1, ConfigKeys.MOST_LAYERS);
        int hidden = metadata.integer(PREFIX + "embedding_length", 1, ConfigKeys.WIDEST);
        int[] widths = ConfigKeys.perLayer(metadata, PREFIX + "feed_forward_length", blocks);
        int[] heads = ConfigKeys.perLayer(metadata, PREFIX + "attention.head_count", blocks);
        String keyHeadsKey = PREFIX + "attention.head_count_kv";
        // a file without this key has as many key heads as query heads
        int[] keyHeads = metadata.contains(keyHeadsKey) ? ConfigKeys.perLayer(metadata, keyHeadsKey, blocks) : heads;
        List<LayerKind> kinds = new ArrayList<>();
        List<Integer> feedForward = new ArrayList<>();
        List<AttentionShape> attention = new ArrayList<>();
        for (int i = 0; i < blocks; i++) {
            if (widths[i] < 1 || widths[i] > ConfigKeys.WIDEST) {
                throw metadata.error(PREFIX + "feed_forward_length", "a width of " + widths[i] + " in block " + i + " is impossible");
            }
            kinds.addAll(List.of(LayerKind.ATTENTION, LayerKind.GATED_MLP));
            feedForward.addAll(List.of(0, widths[i]));
            attention.add(ConfigKeys.attention(metadata, PREFIX, heads[i], keyHeads[i], hidden, i));
            attention.add(new AttentionShape(0, 0, 0, 0));
        }
        if (attention.stream().mapToInt(AttentionShape::keySize).filter(size -> size > 0).distinct().count() > 1) {
            throw metadata.error(PREFIX + "attention.head_count", "blocks with heads of different sizes are not supported");
        }
        return new HybridConfig(
                ARCHITECTURE,
                kinds,
                feedForward,
                attention,
                new MambaShape(0, 0, 0, 1, 1),
                hidden,
                ConfigKeys.vocabulary(gguf),
                metadata.integer(PREFIX + "context_length", 1, Integer.MAX_VALUE),
                ConfigKeys.epsilon(metadata, PREFIX));
    }

    /**
     * Radians per position of each pair: {@code base^(-2i / rotated)}, divided by the scaling factor of the whole file and by the pair's own
     * of {@code rope_freqs} (Llama 3.1 and later).
     */
    private static double[] frequencies(Gguf gguf, Weights weights, int headSize) {
        GgufMetadata metadata = gguf.metadata();
        String dimensions = PREFIX + "rope.dimension_count";
        int rotated = metadata.contains(dimensions) ? metadata.integer(dimensions, 0, headSize) : headSize;
        if (rotated % 2 != 0) {
            throw metadata.error(dimensions, rotated + " values do not make pairs");
        }
        double base = positive(metadata, PREFIX + "rope.freq_base", DEFAULT_BASE);
        double factor = scaling(metadata);
        String own = "rope_freqs.weight";
        float[] factors = weights.contains(own) ? weights.values(own, rotated / 2) : null;
        double[] frequencies = new double[rotated / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = Math.pow(base, -2.0 * i / rotated) / factor / (factors == null ? 1 : factors[i]);
            if (!Double.isFinite(frequencies[i])) {
                throw gguf.error(own, "value " + i + " is " + (factors == null ? base : factors[i]) + ", which gives no angle");
            }
        }
        return frequencies;
    }

    private static double scaling(GgufMetadata metadata) {
        String type = PREFIX + "rope.scaling.type";
        String old = PREFIX + "rope.scale_linear";
        String named = metadata.findString(type).orElse(metadata.contains(old) ? "linear" : "none");
        return switch (named) {
            case "none" -> 1;
            case "linear" -> positive(metadata, metadata.contains(old) ? old : PREFIX + "rope.scaling.factor", 1);
            default -> throw metadata.error(type, "the scaling '" + named
                    + "' is not supported (supported: none, linear, and factors in rope_freqs.weight)");
        };
    }

    private static double positive(GgufMetadata metadata, String key, double fallback) {
        double value = metadata.contains(key) ? metadata.real(key) : fallback;
        if (!(value > 0 && Double.isFinite(value))) {
            throw metadata.error(key, "must be above 0 but is " + value);
        }
        return value;
    }
}
