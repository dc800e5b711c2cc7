package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.Backend;

/**
 * Keys and values of one sequence in one layer, by key head. Keys lie in blocks of as many positions as a vector has floats,
 * {@code [block][value][position]}, so that scores come out as vectors over positions without sums across a vector; values lie
 * row by row.
 */
final class CpuKeyValues implements Backend.KeyValues {

    private static final int FIRST_CAPACITY = 256;

    private final AttentionShape shape;
    private final int longest;
    private final float[][] keys;
    private final float[][] values;
    private int capacity;
    private int length;

    CpuKeyValues(AttentionShape shape, int longest) {
        this.shape = shape;
        this.longest = longest;
        keys = new float[shape.keyHeads()][0];
        values = new float[shape.keyHeads()][0];
    }

    /** Positions held. */
    int length() {
        return length;
    }

    float[] keys(int head) {
        return keys[head];
    }

    float[] values(int head) {
        return values[head];
    }

    /** Adds the keys and values of {@code count} positions, which are the rows from {@code row} on. */
    void append(float[] newKeys, float[] newValues, int row, int count) {
        reserve(length + count);
        int keySize = shape.keySize();
        int valueSize = shape.valueSize();
        for (int t = 0; t < count; t++) {
            int position = length + t;
            int keyAt = position / COUNT * COUNT * keySize + position % COUNT;
            for (int head = 0; head < shape.keyHeads(); head++) {
                float[] blocks = keys[head];
                int from = ((row + t) * shape.keyHeads() + head) * keySize;
                for (int i = 0; i < keySize; i++) {
                    blocks[keyAt + i * COUNT] = newKeys[from + i];
                }
                System.arraycopy(
                        newValues,
                        ((row + t) * shape.keyHeads() + head) * valueSize,
                        values[head],
                        position * valueSize,
                        valueSize);
            }
        }
        length += count;
    }

    static long bytes(AttentionShape shape, int positions) {
        return (long) Float.BYTES * positions * shape.keyHeads() * (shape.keySize() + shape.valueSize());
    }

    /** Writes the keys, {@code [head][position][value]}, and then the values in the same order. */
    void save(MemorySegment to) {
        long at = 0;
        float[] row = new float[length * shape.keySize()];
        for (float[] blocks : keys) {
            transpose(blocks, row, true);
            at = put(row, row.length, to, at);
        }
        for (float[] rows : values) {
            at = put(rows, length * shape.valueSize(), to, at);
        }
    }

    void restore(MemorySegment from) {
        length = 0;
        int positions = Math.toIntExact(from.byteSize() / bytes(shape, 1));
        reserve(positions);
        length = positions;
        long at = 0;
        float[] row = new float[length * shape.keySize()];
        for (float[] blocks : keys) {
            at = get(from, at, row, row.length);
            transpose(row, blocks, false);
        }
        for (float[] rows : values) {
            at = get(from, at, rows, length * shape.valueSize());
        }
    }

    /** Between blocks of positions and rows by position. */
    private void transpose(float[] from, float[] to, boolean toRows) {
        int size = shape.keySize();
        for (int position = 0; position < length; position++) {
            int block = position / COUNT * COUNT * size + position % COUNT;
            for (int i = 0; i < size; i++) {
                if (toRows) {
                    to[position * size + i] = from[block + i * COUNT];
                } else {
                    to[block + i * COUNT] = from[position * size + i];
                }
            }
        }
    }

    private static long put(float[] from, int count, MemorySegment to, long at) {
        MemorySegment.copy(from, 0, to, CpuBackend.SAVED_FLOAT, at, count);
        return at + (long) Float.BYTES * count;
    }

    private static long get(MemorySegment from, long at, float[] to, int count) {
        MemorySegment.copy(from, CpuBackend.SAVED_FLOAT, at, to, 0, count);
        return at + (long) Float.BYTES * count;
    }

    private void reserve(int positions) {
        if (positions <= capacity) {
            return;
        }
        long grown = Math.max(positions, Math.min(longest, Math.max(FIRST_CAPACITY, 2L * capacity)));
        capacity = (int) ((grown + COUNT - 1) / COUNT * COUNT);
        for (int head = 0; head < shape.keyHeads(); head++) {
            keys[head] = Arrays.copyOf(keys[head], Math.multiplyExact(capacity, shape.keySize()));
            values[head] = Arrays.copyOf(values[head], Math.multiplyExact(capacity, shape.valueSize()));
        }
    }
}
