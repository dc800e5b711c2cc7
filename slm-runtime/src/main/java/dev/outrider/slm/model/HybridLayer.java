package dev.outrider.slm.model;

import java.lang.foreign.MemorySegment;

/** The weights of one layer, and what the layer remembers of a sequence. */
sealed interface HybridLayer {

    /** Weights of the norm in front of the mixer. */
    Backend.Vector norm();

    /** What this layer remembers of a sequence without tokens; nothing is an object too. */
    Object newState(Backend backend, int longest);

    /** Bytes of what it remembers of so many positions. */
    long stateBytes(Backend backend, int positions);

    void save(Backend backend, Object state, MemorySegment to);

    void restore(Backend backend, Object state, MemorySegment from);

    /** Mamba-2: input projection, mixer, output projection. */
    record Mamba(
            Backend.Vector norm, MambaShape shape, Backend.Matrix in, Backend.Mixer mixer, Backend.Matrix out)
            implements HybridLayer {
        @Override
        public Object newState(Backend backend, int longest) {
            return backend.recurrentState(shape);
        }

        @Override
        public long stateBytes(Backend backend, int positions) {
            return backend.stateBytes(shape);
        }

        @Override
        public void save(Backend backend, Object state, MemorySegment to) {
            backend.save((Backend.RecurrentState) state, to);
        }

        @Override
        public void restore(Backend backend, Object state, MemorySegment from) {
            backend.restore((Backend.RecurrentState) state, from);
        }
    }

    /** Grouped-query attention. */
    record Attention(
            Backend.Vector norm,
            AttentionShape shape,
            Backend.Matrix query,
            Backend.Matrix key,
            Backend.Matrix value,
            Backend.Matrix out)
            implements HybridLayer {
        @Override
        public Object newState(Backend backend, int longest) {
            return backend.keyValues(shape, longest);
        }

        @Override
        public long stateBytes(Backend backend, int positions) {
            return backend.stateBytes(shape, positions);
        }

        @Override
        public void save(Backend backend, Object state, MemorySegment to) {
            backend.save((Backend.KeyValues) state, to);
        }

        @Override
        public void restore(Backend backend, Object state, MemorySegment from) {
            backend.restore((Backend.KeyValues) state, from);
        }
    }

    /** A squared-ReLU MLP, which remembers nothing. */
    record Mlp(Backend.Vector norm, Backend.Matrix up, Backend.Matrix down) implements HybridLayer {
        @Override
        public Object newState(Backend backend, int longest) {
            return this;
        }

        @Override
        public long stateBytes(Backend backend, int positions) {
            return 0;
        }

        @Override
        public void save(Backend backend, Object state, MemorySegment to) {}

        @Override
        public void restore(Backend backend, Object state, MemorySegment from) {}
    }

    /** Loads layer {@code index} of a file. */
    static HybridLayer load(HybridConfig config, Weights weights, Backend backend, int index) {
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
                yield new Mamba(norm, shape, in, backend.mixer(shape, small), out);
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
}
