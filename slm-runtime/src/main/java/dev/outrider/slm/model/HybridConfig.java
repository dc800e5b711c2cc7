package dev.outrider.slm.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufMetadata;

/**
 * The sizes of a model, from its file's metadata. A layer is whatever adds to the residual stream behind a norm of its own: a block of
 * {@code nemotron_h} is one layer, a block of {@code llama} is two, attention and MLP.
 *
 * @param architecture {@code general.architecture}, the prefix of the keys
 * @param layers the kind of every layer
 * @param feedForward width of the MLP by layer, 0 for other kinds than the two of it
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
     * Reads and checks the configuration of a {@code nemotron_h} file.
     *
     * @throws dev.outrider.slm.gguf.GgufException naming the key that is missing or impossible
     */
    public static HybridConfig from(Gguf gguf) {
        GgufMetadata metadata = gguf.metadata();
        String prefix = metadata.string("general.architecture") + ".";
        int count = metadata.integer(prefix + "block_count", 1, ConfigKeys.MOST_LAYERS);
        int hidden = metadata.integer(prefix + "embedding_length", 1, ConfigKeys.WIDEST);
        int context = metadata.integer(prefix + "context_length", 1, Integer.MAX_VALUE);
        int[] feedForward = ConfigKeys.perLayer(metadata, prefix + "feed_forward_length", count);
        int[] keyHeads = ConfigKeys.perLayer(metadata, prefix + "attention.head_count_kv", count);
        for (int width : feedForward) {
            if (width > ConfigKeys.WIDEST) {
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
                ConfigKeys.vocabulary(gguf),
                context,
                ConfigKeys.epsilon(metadata, prefix));
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
                    ? ConfigKeys.perLayer(metadata, headsKey, keyHeads.length)[i]
                    : metadata.integer(headsKey, 1, ConfigKeys.LARGEST);
            shapes.add(ConfigKeys.attention(metadata, prefix, heads, keyHeads[i], hidden, i));
        }
        return shapes;
    }

    private static MambaShape mamba(GgufMetadata metadata, String prefix) {
        int inner = metadata.integer(prefix + "ssm.inner_size", 1, ConfigKeys.LARGEST);
        int heads = metadata.integer(prefix + "ssm.time_step_rank", 1, ConfigKeys.LARGEST);
        int groups = metadata.integer(prefix + "ssm.group_count", 1, ConfigKeys.LARGEST);
        int state = metadata.integer(prefix + "ssm.state_size", 1, ConfigKeys.LARGEST);
        int kernel = metadata.integer(prefix + "ssm.conv_kernel", 1, 1024);
        if (inner % heads != 0) {
            throw metadata.error(prefix + "ssm.inner_size", inner + " is no multiple of " + heads + " heads (ssm.time_step_rank)");
        }
        if (heads % groups != 0) {
            throw metadata.error(prefix + "ssm.group_count", groups + " groups do not divide " + heads
                    + " heads (ssm.time_step_rank)");
        }
        long widest = 2L * inner + 2L * groups * state + heads;
        if (widest > ConfigKeys.WIDEST || (long) inner * state > Integer.MAX_VALUE - 16) {
            throw metadata.error(prefix + "ssm.state_size", "a layer of " + widest + " values with a state of " + inner + " x "
                    + state + " is too large");
        }
        return new MambaShape(heads, inner / heads, state, groups, kernel);
    }
}
