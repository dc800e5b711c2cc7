package dev.outrider.slm.state;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;

/**
 * The exact state of a sequence at a position, with the tokens that led there: the recurrent state of every Mamba-2 layer, and the keys and
 * values of every attention layer. Restoring it gives the bits that reading the tokens would give.
 *
 * <p>Immutable, in native memory, and safe to use from any thread as long as it is open. It counts its users: the maker is one, and each
 * {@link #retain} adds one; memory is given back when the last has closed.
 */
public final class Snapshot implements AutoCloseable {

    private final LanguageModel model;
    private final int[] tokens;
    private final Arena arena;
    private final MemorySegment bytes;
    private final AtomicInteger users = new AtomicInteger(1);

    /** @param tokens all tokens that the state has seen; handed over */
    Snapshot(LanguageModel model, int[] tokens, Arena arena, MemorySegment bytes) {
        this.model = model;
        this.tokens = tokens;
        this.arena = arena;
        this.bytes = bytes;
    }

    /**
     * Copies the state of a sequence; the model must not be at work meanwhile.
     *
     * @param tokens begins with all tokens that the state has seen
     */
    @SuppressWarnings("MustBeClosedChecker") // lives as long as the snapshot, which closes it
    public static Snapshot of(LanguageModel model, SequenceState state, int[] tokens) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment bytes = allocate(arena, model.stateBytes(state.position()));
            model.save(state, bytes);
            return new Snapshot(model, Arrays.copyOf(tokens, state.position()), arena, bytes);
        } catch (Throwable t) {
            arena.close();
            throw t;
        }
    }

    /** A model may have no state at all; memory of no bytes cannot be asked for. */
    static MemorySegment allocate(Arena arena, long size) {
        return size == 0 ? MemorySegment.NULL : arena.allocate(size, Long.BYTES);
    }

    /**
     * A new sequence that goes on from here; the model must not be at work meanwhile.
     *
     * @param model the one that this snapshot is of
     * @param longest positions that the sequence will have at most
     * @throws IllegalArgumentException if this is the state of another model
     */
    public SequenceState fork(LanguageModel model, int longest) {
        requireOf(model);
        SequenceState state = model.newState(longest);
        try {
            model.restore(state, tokens.length, bytes);
            return state;
        } catch (Throwable t) {
            state.release();
            throw t;
        }
    }

    /**
     * Checks that this is the state of a model.
     *
     * @throws IllegalArgumentException if it is that of another one
     */
    @SuppressWarnings("ReferenceEquality") // the loaded model itself is meant
    public void requireOf(LanguageModel model) {
        if (model != this.model) {
            throw new IllegalArgumentException("a snapshot can be used only with the engine that made or restored it;"
                    + " save it to a file to hand it to another engine of the same model");
        }
    }

    /** Number of tokens that led here. */
    public int position() {
        return tokens.length;
    }

    /** The tokens that led here. */
    public int[] tokens() {
        return tokens.clone();
    }

    /** Memory that it takes. */
    public long bytes() {
        return bytes.byteSize() + (long) Integer.BYTES * tokens.length;
    }

    MemorySegment data() {
        return bytes;
    }

    LanguageModel model() {
        return model;
    }

    /** One more user, who closes it too. */
    public Snapshot retain() {
        if (users.getAndUpdate(count -> count == 0 ? 0 : count + 1) == 0) {
            throw new IllegalStateException("the snapshot is closed");
        }
        return this;
    }

    /** One user less; call it once for each. */
    @Override
    public void close() {
        int before = users.getAndUpdate(count -> Math.max(0, count - 1));
        if (before == 1) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return "Snapshot[position=" + position() + ", bytes=" + bytes() + "]";
    }
}
