package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;

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

    /** Adds the keys and values of {@code count} positions. */
    void append(float[] newKeys, float[] newValues, int count) {
        reserve(length + count);
        int keySize = shape.keySize();
        int valueSize = shape.valueSize();
        for (int t = 0; t < count; t++) {
            int position = length + t;
            int keyAt = position / COUNT * COUNT * keySize + position % COUNT;
            for (int head = 0; head < shape.keyHeads(); head++) {
                float[] blocks = keys[head];
                int from = (t * shape.keyHeads() + head) * keySize;
                for (int i = 0; i < keySize; i++) {
                    blocks[keyAt + i * COUNT] = newKeys[from + i];
                }
                System.arraycopy(
                        newValues,
                        (t * shape.keyHeads() + head) * valueSize,
                        values[head],
                        position * valueSize,
                        valueSize);
            }
        }
        length += count;
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
