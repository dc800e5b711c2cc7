package dev.outrider.slm.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.gguf.GgufTensor;

/**
 * The sizes of a hybrid model, from its file's metadata.
 *
 * @param architecture {@code general.architecture}, the prefix of the keys
 * @param layers the kind of every layer
 * @param feedForward width of the MLP by layer, 0 for other kinds
 * @param attention attention sizes by layer; key heads 0 for other kinds
 * @param mamba sizes shared by all Mamba-2 layers, of no meaning when there is none
 * @param hidden width of the residual stream
 * @param vocabularySize number of tokens
 * @param contextLength most positions
 * @param epsilon of all norms
 */
public record HybridConfig(
        String architecture,
        List<LayerKind> layers,
        List<Integer> feedForward,
        List<AttentionShape> attention,
        MambaShape mamba,
        int hidden,
        int vocabularySize,
        int contextLength,
        float epsilon) {

    private static final int MOST_LAYERS = 4096;
    private static final int LARGEST = 1 << 24;

    /** Widest activations of a layer; real models have some 20,000. A buffer of rows this wide is a few hundred megabytes. */
    private static final int WIDEST = 1 << 20;

    private static final int LARGEST_VOCABULARY = 1 << 22;

    public HybridConfig {
        layers = List.copyOf(layers);
        feedForward = List.copyOf(feedForward);
        attention = List.copyOf(attention);
    }

    /** One letter per layer, such as {@code M-M*-}. */
    public String pattern() {
        return layers.stream().map(kind -> String.valueOf(kind.letter())).collect(Collectors.joining());
    }

    /**
     * Reads and checks the configuration.
     *
     * @throws dev.outrider.slm.gguf.GgufException naming the key that is missing or impossible
     */
    public static HybridConfig from(Gguf gguf) {
        GgufMetadata metadata = gguf.metadata();
        String prefix = metadata.string("general.architecture") + ".";
        int count = metadata.integer(prefix + "block_count", 1, MOST_LAYERS);
        int hidden = metadata.integer(prefix + "embedding_length", 1, WIDEST);
        int context = metadata.integer(prefix + "context_length", 1, Integer.MAX_VALUE);
        int[] feedForward = perLayer(metadata, prefix + "feed_forward_length", count);
        int[] keyHeads = perLayer(metadata, prefix + "attention.head_count_kv", count);
        for (int width : feedForward) {
            if (width > WIDEST) {
                throw metadata.error(prefix + "feed_forward_length", "a width of " + width + " is too large");
            }
        }

        List<LayerKind> kinds = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            kinds.add(feedForward[i] > 0 ? LayerKind.MLP : keyHeads[i] > 0 ? LayerKind.ATTENTION : LayerKind.MAMBA);
        }
        List<AttentionShape> attention = attention(metadata, prefix, kinds, keyHeads, hidden);
        MambaShape mamba = kinds.contains(LayerKind.MAMBA) ? mamba(metadata, prefix) : new MambaShape(0, 0, 0, 1, 1);
        return new HybridConfig(
                metadata.string("general.architecture"),
                kinds,
                Arrays.stream(feedForward).boxed().toList(),
                attention,
                mamba,
                hidden,
                vocabulary(gguf),
                context,
                epsilon(metadata, prefix));
    }

    private static List<AttentionShape> attention(
            GgufMetadata metadata, String prefix, List<LayerKind> kinds, int[] keyHeads, int hidden) {
        List<AttentionShape> shapes = new ArrayList<>();
        for (int i = 0; i < keyHeads.length; i++) {
            if (kinds.get(i) != LayerKind.ATTENTION) {
                shapes.add(new AttentionShape(0, 0, 0, 0));
                continue;
            }
            String headsKey = prefix + "attention.head_count";
            int heads = metadata.isArray(headsKey)
                    ? perLayer(metadata, headsKey, keyHeads.length)[i]
                    : metadata.integer(headsKey, 1, LARGEST);
            if (heads % keyHeads[i] != 0 || heads == 0) {
                throw metadata.error(headsKey, heads + " query heads cannot share " + keyHeads[i]
                        + " key heads in layer " + i + " evenly");
            }
            int keySize = headSize(metadata, prefix + "attention.key_length", hidden, heads);
            int valueSize = headSize(metadata, prefix + "attention.value_length", hidden, heads);
            if ((long) heads * Math.max(keySize, valueSize) > WIDEST) {
                throw metadata.error(headsKey, heads + " heads of " + keySize + " and " + valueSize + " values are too large");
            }
            shapes.add(new AttentionShape(heads, keyHeads[i], keySize, valueSize));
        }
        return shapes;
    }

    private static int headSize(GgufMetadata metadata, String key, int hidden, int heads) {
        if (metadata.contains(key)) {
            return metadata.integer(key, 1, LARGEST);
        }
        if (hidden % heads != 0) {
            throw metadata.error(key, "is missing, and the width " + hidden + " is no multiple of " + heads + " heads");
        }
        return hidden / heads;
    }

    private static MambaShape mamba(GgufMetadata metadata, String prefix) {
        int inner = metadata.integer(prefix + "ssm.inner_size", 1, LARGEST);
        int heads = metadata.integer(prefix + "ssm.time_step_rank", 1, LARGEST);
        int groups = metadata.integer(prefix + "ssm.group_count", 1, LARGEST);
        int state = metadata.integer(prefix + "ssm.state_size", 1, LARGEST);
        int kernel = metadata.integer(prefix + "ssm.conv_kernel", 1, 1024);
        if (inner % heads != 0) {
            throw metadata.error(prefix + "ssm.inner_size", inner + " is no multiple of " + heads + " heads (ssm.time_step_rank)");
        }
        if (heads % groups != 0) {
            throw metadata.error(prefix + "ssm.group_count", groups + " groups do not divide " + heads
                    + " heads (ssm.time_step_rank)");
        }
        long widest = 2L * inner + 2L * groups * state + heads;
        if (widest > WIDEST || (long) inner * state > Integer.MAX_VALUE - 16) {
            throw metadata.error(prefix + "ssm.state_size", "a layer of " + widest + " values with a state of " + inner + " x "
                    + state + " is too large");
        }
        return new MambaShape(heads, inner / heads, state, groups, kernel);
    }

    /** Rows of the embedding table; the key vocab_size is optional in files. */
    private static int vocabulary(Gguf gguf) {
        GgufTensor table = gguf.tensor("token_embd.weight");
        long rows = table.dimensions().size() == 2 ? table.dimensions().get(1) : 0;
        if (rows < 1 || rows > LARGEST_VOCABULARY) {
            throw gguf.error(table.name(), "must be a matrix with one row per token but has the dimensions "
                    + table.dimensions());
        }
        return (int) rows;
    }

    /** The rms key first: llama.cpp requires the other one, yet computes with this one where both are there. */
    private static float epsilon(GgufMetadata metadata, String prefix) {
        String rms = prefix + "attention.layer_norm_rms_epsilon";
        String key = metadata.contains(rms) ? rms : prefix + "attention.layer_norm_epsilon";
        double epsilon = metadata.real(key);
        if (!(epsilon >= 0 && epsilon <= 1)) {
            throw metadata.error(key, "must be in [0, 1] but is " + epsilon);
        }
        return (float) epsilon;
    }

    /** One value per layer; a single number stands for all layers. */
    private static int[] perLayer(GgufMetadata metadata, String key, int count) {
        int[] values;
        if (metadata.isArray(key)) {
            values = metadata.integers(key);
        } else {
            values = new int[count];
            Arrays.fill(values, metadata.integer(key, 0, LARGEST));
        }
        if (values.length != count) {
            throw metadata.error(key, "has " + values.length + " entries for " + count + " layers");
        }
        for (int i = 0; i < count; i++) {
            if (values[i] < 0 || values[i] > LARGEST) {
                throw metadata.error(key, "entry " + i + " is impossible: " + values[i]);
            }
        }
        return values;
    }
}
