package dev.outrider.slm.model;

import java.util.List;

/** What a model remembers of one sequence: its length so far, and per layer the recurrent state or the keys and values. */
public final class SequenceState {

    private final List<Object> layers;
    private int position;

    /** @param layers {@link Backend.RecurrentState}, {@link Backend.KeyValues} or any other object, by the layer's kind */
    SequenceState(List<Object> layers) {
        this.layers = layers;
    }

    /** Number of tokens that the model has read. */
    public int position() {
        return position;
    }

    /**
     * Gives back the memory of all layers. On the processor the garbage collector would do as well; a GPU's memory is given back by nothing
     * else. Not while a step of this sequence runs; the state is of no use afterwards.
     */
    public void release() {
        for (Object layer : layers) {
            switch (layer) {
                case Backend.RecurrentState state -> state.release();
                case Backend.KeyValues cache -> cache.release();
                default -> {}
            }
        }
    }

    void moveTo(int position) {
        this.position = position;
    }

    <T> T layer(int index, Class<T> kind) {
        return kind.cast(layers.get(index));
    }
}
