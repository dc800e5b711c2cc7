package dev.outrider.bench.gpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import dev.outrider.bench.gpu.Llama.LlamaException;

/**
 * Makes of a sequence's state in llama.cpp that of one which has read far more, by giving the keys and values that are there again and again to
 * later positions. A step over it reads as much as if the tokens had been read, which would take minutes; what comes out means nothing. The
 * recurrent state has the size it always has.
 *
 * <p>Layout, of {@code llama_state_seq_get_data} in v0.5.0, in 32-bit words unless said otherwise: magic, sequence, number of streams; for each
 * stream the number of positions and, unless 0, (position, 1, sequence) of each, whether values are transposed, number of layers, and per
 * layer type, bytes of a key as 64 bits, keys; then per layer the same for values; then the recurrent part: 1, its position, and data.
 */
final class LongPast {

    private final MemorySegment from;
    private final int positions;

    /** Where the longer state goes, or NULL while only its size is asked. */
    private final MemorySegment to;

    private long read;
    private long written;

    private LongPast(MemorySegment from, int positions, MemorySegment to) {
        this.from = from;
        this.positions = positions;
        this.to = to;
    }

    /**
     * The longer state.
     *
     * @param state of a sequence that has read some tokens
     * @param positions tokens that it shall have read, at least those
     * @throws LlamaException if the state is not laid out as described
     */
    static MemorySegment of(MemorySegment state, int positions, Arena arena) {
        try {
            long bytes = new LongPast(state, positions, MemorySegment.NULL).write();
            MemorySegment longer = arena.allocate(bytes, 64);
            new LongPast(state, positions, longer).write();
            return longer;
        } catch (IndexOutOfBoundsException e) {
            throw new LlamaException("a sequence's state in llama.cpp ends before its parts do: its layout is another one");
        }
    }

    /** Writes it, or only counts its bytes when there is nowhere to. */
    private long write() {
        word();
        word();
        int streams = word();
        int known = 0;
        for (int i = 0; i < streams; i++) {
            int count = next();
            if (count == 0) {
                put(0);
                continue;
            }
            expect(known == 0 && count <= positions, "positions", count);
            known = count;
            put(positions);
            attention(count);
        }
        expect(known > 0, "positions", known);
        expect(next() == 1, "recurrent states", 0);
        put(1);
        int position = next();
        expect(position == known - 1, "position of the recurrent state", position);
        put(positions - 1);
        copy(from.byteSize() - read);
        return written;
    }

    private void attention(int count) {
        int sequence = 0;
        for (int i = 0; i < count; i++) {
            expect(next() == i, "position", i);
            expect(next() == 1, "sequences of position", i);
            sequence = next();
        }
        for (int i = 0; i < positions; i++) {
            put(i);
            put(1);
            put(sequence);
        }
        int transposed = word();
        expect(transposed == 0, "transposed values", transposed);
        int layers = word();
        for (int i = 0; i < 2 * layers; i++) {
            word();
            long row = from.get(JAVA_LONG_UNALIGNED, read);
            copy(Long.BYTES);
            long start = read;
            for (int done = 0; done < positions; done += count) {
                read = start;
                copy(row * Math.min(count, positions - done));
            }
            read = start + row * count;
        }
    }

    private int next() {
        int value = from.get(JAVA_INT_UNALIGNED, read);
        read += Integer.BYTES;
        return value;
    }

    private void put(int value) {
        if (to.address() != 0) {
            to.set(JAVA_INT_UNALIGNED, written, value);
        }
        written += Integer.BYTES;
    }

    private int word() {
        int value = next();
        put(value);
        return value;
    }

    private void copy(long bytes) {
        if (to.address() != 0) {
            MemorySegment.copy(from, read, to, written, bytes);
        }
        read += bytes;
        written += bytes;
    }

    private static void expect(boolean right, String what, int found) {
        if (!right) {
            throw new LlamaException("a sequence's state in llama.cpp is laid out differently: " + what + " " + found);
        }
    }
}
