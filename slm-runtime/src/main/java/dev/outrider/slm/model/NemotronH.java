package dev.outrider.slm.model;

import java.util.ArrayList;
import java.util.List;

import dev.outrider.slm.gguf.Gguf;

/**
 * Nemotron-H (arXiv 2504.03624): every block is one layer, with a Mamba-2 mixer, attention without position encoding, or a squared-ReLU
 * MLP.
 */
final class NemotronH {

    static final String ARCHITECTURE = "nemotron_h";

    private NemotronH() {}

    static LanguageModel load(Gguf gguf, Backend backend) {
        HybridConfig config = HybridConfig.from(gguf);
        Weights weights = new Weights(gguf, backend);
        Backend.Matrix embedding = weights.matrix("token_embd.weight", config.vocabularySize(), config.hidden());
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < config.layers().size(); i++) {
            layers.add(layer(config, weights, backend, i));
        }
        return new LayerGraph(config, weights, backend, embedding, layers);
    }

    private static Layer layer(HybridConfig config, Weights weights, Backend backend, int index) {
        String name = "blk." + index + ".";
        int hidden = config.hidden();
        Backend.Vector norm = weights.vector(name + "attn_norm.weight", hidden);
        return switch (config.layers().get(index)) {
            case MAMBA -> {
                MambaShape shape = config.mamba();
                Backend.Matrix in = weights.matrix(name + "ssm_in.weight", shape.projected(), hidden);
                Backend.Matrix out = weights.matrix(name + "ssm_out.weight", hidden, shape.inner());
                MambaWeights small = new MambaWeights(
                        weights.values(name + "ssm_conv1d.weight", shape.kernel(), shape.convolved()),
                        weights.values(name + "ssm_conv1d.bias", shape.convolved()),
                        weights.values(name + "ssm_dt.bias", shape.heads()),
                        weights.values(name + "ssm_a", shape.heads()),
                        weights.values(name + "ssm_d", shape.heads()),
                        weights.values(name + "ssm_norm.weight", shape.inner() / shape.groups(), shape.groups()),
                        config.epsilon());
                yield new Layer.Mamba(norm, shape, in, backend.mixer(shape, small), out);
            }
            case ATTENTION -> Layer.attention(weights, name, norm, config.attention().get(index), hidden, null);
            case MLP -> {
                int width = config.feedForward().get(index);
                yield new Layer.Mlp(
                        norm,
                        weights.matrix(name + "ffn_up.weight", width, hidden),
                        weights.matrix(name + "ffn_down.weight", hidden, width));
            }
            case GATED_MLP -> throw new IllegalArgumentException("nemotron_h has no gated MLP");
        };
    }
}
