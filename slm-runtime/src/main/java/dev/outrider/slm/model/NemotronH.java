package dev.outrider.slm.model;

import java.util.ArrayList;
import java.util.List;

import dev.outrider.slm.gguf.Gguf;

/**
 * The layer graph of Nemotron-H (arXiv 2504.03624): every layer is {@code x += mixer(norm(x))} with a Mamba-2 mixer, attention
 * without position encoding, or a squared-ReLU MLP.
 */
final class NemotronH implements LanguageModel {

    static final String ARCHITECTURE = "nemotron_h";

    /** Positions per pass: weights are read once for as many, and a cancel waits for no more. */
    private static final int CHUNK = 64;

    /** Positions whose logits are computed in one go: a row is as wide as the vocabulary. */
    private static final int LOGIT_ROWS = 16;

    private sealed interface Layer {
        Backend.Vector norm();
    }

    private record Mamba(Backend.Vector norm, Backend.Matrix in, Backend.Mixer mixer, Backend.Matrix out)
            implements Layer {}

    private record Attention(
            Backend.Vector norm,
            AttentionShape shape,
            Backend.Matrix query,
            Backend.Matrix key,
            Backend.Matrix value,
            Backend.Matrix out)
            implements Layer {}

    private record Mlp(Backend.Vector norm, Backend.Matrix up, Backend.Matrix down) implements Layer {}

    private final HybridConfig config;
    private final Backend backend;
    private final Backend.Matrix embedding;
    private final List<Layer> layers = new ArrayList<>();
    private final Backend.Vector outputNorm;
    private final Backend.Matrix head;

    private final Backend.Rows residual;
    private final Backend.Rows normed;
    private final Backend.Rows wide;
    private final Backend.Rows mixed;
    private final Backend.Rows keys;
    private final Backend.Rows values;
    private final Backend.Rows last;
    private final Backend.Rows logits;

    NemotronH(Gguf gguf, Backend backend) {
        this.backend = backend;
        config = HybridConfig.from(gguf);
        Weights weights = new Weights(gguf, backend);
        int hidden = config.hidden();
        embedding = weights.matrix("token_embd.weight", config.vocabularySize(), hidden);
        int wideWidth = 1;
        int mixedWidth = 1;
        int keyWidth = 1;
        int valueWidth = 1;
        for (int i = 0; i < config.layers().size(); i++) {
            Layer layer = layer(weights, i);
            layers.add(layer);
            switch (layer) {
                case Mamba _ -> {
                    wideWidth = Math.max(wideWidth, config.mamba().projected());
                    mixedWidth = Math.max(mixedWidth, config.mamba().inner());
                }
                case Attention(_, AttentionShape shape, _, _, _, _) -> {
                    wideWidth = Math.max(wideWidth, shape.heads() * shape.keySize());
                    mixedWidth = Math.max(mixedWidth, shape.heads() * shape.valueSize());
                    keyWidth = Math.max(keyWidth, shape.keyHeads() * shape.keySize());
                    valueWidth = Math.max(valueWidth, shape.keyHeads() * shape.valueSize());
                }
                case Mlp(_, Backend.Matrix up, _) -> wideWidth = Math.max(wideWidth, up.rows());
            }
        }
        outputNorm = weights.vector("output_norm.weight", hidden);
        head = weights.contains("output.weight")
                ? weights.matrix("output.weight", config.vocabularySize(), hidden)
                : embedding;
        weights.requireAllTaken(ARCHITECTURE);

        residual = backend.rows(CHUNK, hidden);
        normed = backend.rows(CHUNK, hidden);
        wide = backend.rows(CHUNK, wideWidth);
        mixed = backend.rows(CHUNK, mixedWidth);
        keys = backend.rows(CHUNK, keyWidth);
        values = backend.rows(CHUNK, valueWidth);
        last = backend.rows(LOGIT_ROWS, hidden);
        logits = backend.rows(LOGIT_ROWS, config.vocabularySize());
    }

    private Layer layer(Weights weights, int index) {
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
                yield new Mamba(norm, in, backend.mixer(shape, small), out);
            }
            case ATTENTION -> {
                AttentionShape shape = config.attention().get(index);
                yield new Attention(
                        norm,
                        shape,
                        weights.matrix(name + "attn_q.weight", shape.heads() * shape.keySize(), hidden),
                        weights.matrix(name + "attn_k.weight", shape.keyHeads() * shape.keySize(), hidden),
                        weights.matrix(name + "attn_v.weight", shape.keyHeads() * shape.valueSize(), hidden),
                        weights.matrix(name + "attn_output.weight", hidden, shape.heads() * shape.valueSize()));
            }
            case MLP -> {
                int width = config.feedForward().get(index);
                yield new Mlp(
                        norm,
                        weights.matrix(name + "ffn_up.weight", width, hidden),
                        weights.matrix(name + "ffn_down.weight", hidden, width));
            }
        };
    }

    @Override
    public SequenceState newState() {
        List<Object> states = new ArrayList<>();
        for (Layer layer : layers) {
            states.add(
                    switch (layer) {
                        case Mamba _ -> backend.recurrentState(config.mamba());
                        case Attention attention -> backend.keyValues(attention.shape, config.contextLength());
                        case Mlp mlp -> mlp;
                    });
        }
        return new SequenceState(states);
    }

    @Override
    public void read(SequenceState state, int[] tokens, int from, int count) {
        backend.embed(embedding, tokens, from, count, residual);
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            backend.rmsNorm(residual, count, layer.norm(), config.epsilon(), normed);
            switch (layer) {
                case Mamba mamba -> {
                    backend.multiply(mamba.in, normed, count, wide);
                    backend.mix(mamba.mixer, wide, count, state.layer(i, Backend.RecurrentState.class), mixed);
                    backend.multiplyAdd(mamba.out, mixed, count, residual);
                }
                case Attention attention -> {
                    backend.multiply(attention.query, normed, count, wide);
                    backend.multiply(attention.key, normed, count, keys);
                    backend.multiply(attention.value, normed, count, values);
                    Backend.KeyValues cache = state.layer(i, Backend.KeyValues.class);
                    backend.attend(attention.shape, wide, keys, values, count, cache, mixed);
                    backend.multiplyAdd(attention.out, mixed, count, residual);
                }
                case Mlp mlp -> {
                    backend.multiply(mlp.up, normed, count, wide);
                    backend.squaredRelu(wide, count, mlp.up.rows());
                    backend.multiplyAdd(mlp.down, wide, count, residual);
                }
            }
        }
        state.advance(count);
    }

    @Override
    public void logits(int row, int count, float[] out) {
        int hidden = config.hidden();
        int vocabulary = config.vocabularySize();
        for (int done = 0; done < count; done += LOGIT_ROWS) {
            int rows = Math.min(LOGIT_ROWS, count - done);
            backend.copy(residual, row + done, rows, hidden, last);
            backend.rmsNorm(last, rows, outputNorm, config.epsilon(), normed);
            backend.multiply(head, normed, rows, logits);
            backend.read(logits, rows, vocabulary, out, done * vocabulary);
        }
    }

    @Override
    public int largestChunk() {
        return CHUNK;
    }

    @Override
    public int contextLength() {
        return config.contextLength();
    }

    @Override
    public int vocabularySize() {
        return config.vocabularySize();
    }

    @Override
    public int hidden() {
        return config.hidden();
    }

    @Override
    public String pattern() {
        return config.pattern();
    }
}
