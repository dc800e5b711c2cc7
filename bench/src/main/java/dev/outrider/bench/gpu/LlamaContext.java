package dev.outrider.bench.gpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;

import dev.outrider.bench.gpu.Llama.LlamaException;

/**
 * What llama.cpp remembers of some sequences, and its steps over them. Every sequence has keys and values of its own (no unified cache), as it is
 * with Outrider. Keys and values are F16 and flash attention is chosen by llama.cpp, its defaults, unless exactness is asked for.
 */
final class LlamaContext implements AutoCloseable {

    /** Where the fields of {@code llama_context_params} are. */
    private static final long N_CTX = 0;

    private static final long N_BATCH = 4;
    private static final long N_UBATCH = 8;
    private static final long N_SEQ_MAX = 12;
    private static final long N_THREADS = 28;
    private static final long N_THREADS_BATCH = 32;
    private static final long FLASH_ATTN = 52;
    private static final long TYPE_K = 104;
    private static final long TYPE_V = 108;
    private static final long KV_UNIFIED = 133;

    /** Where the fields of {@code llama_batch} are. */
    private static final long TOKENS = 8;

    private static final long POSITIONS = 24;
    private static final long SEQUENCE_COUNTS = 32;
    private static final long SEQUENCES = 40;
    private static final long OUTPUTS = 48;

    /**
     * The size of a context.
     *
     * @param sequences how many there are
     * @param positions tokens that one of them can hold
     * @param batch tokens of one call
     * @param piece tokens that are computed at once ({@code n_ubatch}, 512 by default)
     * @param threads for what runs on the processor
     * @param exact keys and values as F32 without flash attention, for comparisons
     */
    record Size(int sequences, int positions, int batch, int piece, int threads, boolean exact) {}

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment context;
    private final MemorySegment memory;
    private final MemorySegment batch;
    private final int capacity;
    private final int vocabulary;
    private final MethodHandle decode;
    private final MethodHandle logits;
    private final MethodHandle synchronize;
    private final MethodHandle clear;
    private final MethodHandle copy;
    private final MethodHandle remove;
    private final MethodHandle last;
    private final MethodHandle stateSize;
    private final MethodHandle stateGet;
    private final MethodHandle stateSet;
    private final MethodHandle free;
    private final MethodHandle freeBatch;

    /**
     * Takes the memory.
     *
     * @throws LlamaException if there is not enough, or the library's structures are not those that are known here
     */
    LlamaContext(Llama llama, MemorySegment model, Size size) {
        decode = llama.function("llama_decode", JAVA_INT, ADDRESS, Llama.BATCH);
        logits = llama.function("llama_get_logits_ith", ADDRESS, ADDRESS, JAVA_INT);
        synchronize = llama.function("llama_synchronize", null, ADDRESS);
        clear = llama.function("llama_memory_clear", null, ADDRESS, JAVA_BOOLEAN);
        copy = llama.function("llama_memory_seq_cp", null, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        remove = llama.function("llama_memory_seq_rm", JAVA_BOOLEAN, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
        last = llama.function("llama_memory_seq_pos_max", JAVA_INT, ADDRESS, JAVA_INT);
        stateSize = llama.function("llama_state_seq_get_size", JAVA_LONG, ADDRESS, JAVA_INT);
        stateGet = llama.function("llama_state_seq_get_data", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
        stateSet = llama.function("llama_state_seq_set_data", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
        free = llama.function("llama_free", null, ADDRESS);
        freeBatch = llama.function("llama_batch_free", null, Llama.BATCH);
        MethodHandle make = llama.function("llama_init_from_model", ADDRESS, ADDRESS, Llama.CONTEXT);
        MethodHandle memoryOf = llama.function("llama_get_memory", ADDRESS, ADDRESS);
        MethodHandle makeBatch = llama.function("llama_batch_init", Llama.BATCH, JAVA_INT, JAVA_INT, JAVA_INT);
        vocabulary = llama.vocabulary(model);
        capacity = size.batch();
        MemorySegment parameters = parameters(llama, size);
        context = Llama.call(() -> (MemorySegment) make.invokeExact(model, parameters));
        if (context.address() == 0) {
            arena.close();
            throw new LlamaException("no context of " + size.sequences() + " x " + size.positions() + " tokens: "
                    + Llama.lastError());
        }
        memory = Llama.call(() -> (MemorySegment) memoryOf.invokeExact(context));
        batch = Llama.call(
                () -> (MemorySegment) makeBatch.invokeExact((SegmentAllocator) arena, capacity, 0, 1));
    }

    private MemorySegment parameters(Llama llama, Size size) {
        MethodHandle defaults = llama.function("llama_context_default_params", Llama.CONTEXT);
        MemorySegment parameters = Llama.call(() -> (MemorySegment) defaults.invokeExact((SegmentAllocator) arena));
        expect(parameters, N_CTX, 512);
        expect(parameters, N_UBATCH, 512);
        expect(parameters, N_SEQ_MAX, 1);
        expect(parameters, FLASH_ATTN, -1);
        expect(parameters, TYPE_K, 1);
        expect(parameters, TYPE_V, 1);
        parameters.set(JAVA_INT, N_CTX, Math.multiplyExact(size.sequences(), size.positions()));
        parameters.set(JAVA_INT, N_BATCH, size.batch());
        parameters.set(JAVA_INT, N_UBATCH, size.piece());
        parameters.set(JAVA_INT, N_SEQ_MAX, size.sequences());
        parameters.set(JAVA_INT, N_THREADS, size.threads());
        parameters.set(JAVA_INT, N_THREADS_BATCH, size.threads());
        parameters.set(JAVA_BOOLEAN, KV_UNIFIED, false);
        if (size.exact()) {
            parameters.set(JAVA_INT, FLASH_ATTN, 0);
            parameters.set(JAVA_INT, TYPE_K, 0);
            parameters.set(JAVA_INT, TYPE_V, 0);
        }
        return parameters;
    }

    private static void expect(MemorySegment parameters, long offset, int value) {
        int found = parameters.get(JAVA_INT, offset);
        if (found != value) {
            throw new LlamaException("llama_context_params holds " + found + " at byte " + offset + " by default, not "
                    + value + ": its layout is another one");
        }
    }

    /** Number of logits of a position. */
    int vocabulary() {
        return vocabulary;
    }

    /**
     * Reads tokens into one sequence; their logits are computed for the last one only.
     *
     * @param position of the first one
     * @throws LlamaException if llama.cpp cannot
     */
    void read(int sequence, int[] tokens, int position) {
        for (int from = 0; from < tokens.length; from += capacity) {
            int count = Math.min(capacity, tokens.length - from);
            for (int i = 0; i < count; i++) {
                put(i, tokens[from + i], position + from + i, sequence, from + i == tokens.length - 1);
            }
            decode(count);
        }
    }

    /**
     * One token each for the first sequences, all with logits.
     *
     * @param position of each
     * @throws LlamaException if llama.cpp cannot
     */
    void step(int[] tokens, int position) {
        for (int i = 0; i < tokens.length; i++) {
            put(i, tokens[i], position, i, true);
        }
        decode(tokens.length);
    }

    private void put(int at, int token, int position, int sequence, boolean output) {
        array(TOKENS, 4).setAtIndex(JAVA_INT, at, token);
        array(POSITIONS, 4).setAtIndex(JAVA_INT, at, position);
        array(SEQUENCE_COUNTS, 4).setAtIndex(JAVA_INT, at, 1);
        array(SEQUENCES, 8).getAtIndex(ADDRESS, at).reinterpret(4).set(JAVA_INT, 0, sequence);
        array(OUTPUTS, 1).set(JAVA_BYTE, at, (byte) (output ? 1 : 0));
    }

    private MemorySegment array(long field, long size) {
        return batch.get(ADDRESS, field).reinterpret(size * capacity);
    }

    private void decode(int count) {
        batch.set(JAVA_INT, 0, count);
        int result = Llama.call(() -> (int) decode.invokeExact(context, batch));
        if (result != 0) {
            throw new LlamaException("llama_decode gave " + result + ": " + Llama.lastError());
        }
    }

    /** Waits for the last step; its logits are in the processor's memory then. */
    void await() {
        Llama.run(() -> {
            synchronize.invokeExact(context);
        });
    }

    /** The logits of one token of the last step, by its place in it. */
    float[] logits(int at) {
        MemorySegment row = Llama.call(() -> (MemorySegment) logits.invokeExact(context, at));
        if (row.address() == 0) {
            throw new LlamaException("llama.cpp has no logits of token " + at + " of the step");
        }
        return row.reinterpret(4L * vocabulary).toArray(JAVA_FLOAT);
    }

    /** Forgets all sequences. */
    void clear() {
        Llama.run(() -> {
            clear.invokeExact(memory, true);
        });
    }

    /** Gives a sequence all that another one has read; the copies of keys and values are its own. */
    void copy(int from, int to) {
        Llama.run(() -> {
            copy.invokeExact(memory, from, to, -1, -1);
        });
    }

    /** Forgets one sequence. */
    void remove(int sequence) {
        if (!Llama.call(() -> (boolean) remove.invokeExact(memory, sequence, -1, -1))) {
            throw new LlamaException("llama.cpp cannot forget sequence " + sequence);
        }
    }

    /** The position of the last token of a sequence, -1 before the first. */
    int last(int sequence) {
        return Llama.call(() -> (int) last.invokeExact(memory, sequence));
    }

    /** A sequence's state as bytes. */
    MemorySegment save(int sequence, Arena to) {
        await();
        long size = Llama.call(() -> (long) stateSize.invokeExact(context, sequence));
        MemorySegment state = to.allocate(size, 64);
        long written = Llama.call(() -> (long) stateGet.invokeExact(context, state, size, sequence));
        if (written != size) {
            throw new LlamaException("llama.cpp wrote " + written + " of " + size + " bytes of a sequence's state");
        }
        return state;
    }

    /**
     * Gives a sequence a state.
     *
     * @throws LlamaException if llama.cpp does not take it
     */
    void restore(int sequence, MemorySegment state) {
        long read = Llama.call(() -> (long) stateSet.invokeExact(context, state, state.byteSize(), sequence));
        if (read != state.byteSize()) {
            throw new LlamaException("llama.cpp took " + read + " of " + state.byteSize() + " bytes of a state: "
                    + Llama.lastError());
        }
    }

    @Override
    public void close() {
        Llama.run(() -> {
            freeBatch.invokeExact(batch);
            free.invokeExact(context);
        });
        arena.close();
    }
}
