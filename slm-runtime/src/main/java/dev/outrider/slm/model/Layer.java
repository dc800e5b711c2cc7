package dev.outrider.slm.model;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The weights of one layer, and what the layer remembers of a sequence. */
sealed interface Layer {

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
            implements Layer {
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

    /**
     * Grouped-query attention.
     *
     * @param rotation of queries and keys; null where the model has no position encoding
     */
    record Attention(
            Backend.Vector norm,
            AttentionShape shape,
            Backend.@Nullable Rotation rotation,
            Backend.Matrix query,
            Backend.Matrix key,
            Backend.Matrix value,
            Backend.Matrix out)
            implements Layer {
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

    /** What keeps nothing of a sequence. */
    sealed interface Stateless extends Layer {
        @Override
        default Object newState(Backend backend, int longest) {
            return this;
        }

        @Override
        default long stateBytes(Backend backend, int positions) {
            return 0;
        }

        @Override
        default void save(Backend backend, Object state, MemorySegment to) {}

        @Override
        default void restore(Backend backend, Object state, MemorySegment from) {}
    }

    /** A squared-ReLU MLP. */
    record Mlp(Backend.Vector norm, Backend.Matrix up, Backend.Matrix down) implements Stateless {}

    /** A SwiGLU MLP: {@code down(silu(gate(x)) * up(x))}. */
    record GatedMlp(Backend.Vector norm, Backend.Matrix gate, Backend.Matrix up, Backend.Matrix down)
            implements Stateless {}

    /**
     * The attention of block {@code name}, such as {@code blk.0.}.
     *
     * @param norm weights of the norm in front
     */
    static Attention attention(
            Weights weights,
            String name,
            Backend.Vector norm,
            AttentionShape shape,
            int hidden,
            Backend.@Nullable Rotation rotation) {
        return new Attention(
                norm,
                shape,
                rotation,
                weights.matrix(name + "attn_q.weight", shape.heads() * shape.keySize(), hidden),
                weights.matrix(name + "attn_k.weight", shape.keyHeads() * shape.keySize(), hidden),
                weights.matrix(name + "attn_v.weight", shape.keyHeads() * shape.valueSize(), hidden),
                weights.matrix(name + "attn_output.weight", hidden, shape.heads() * shape.valueSize()));
    }
}
