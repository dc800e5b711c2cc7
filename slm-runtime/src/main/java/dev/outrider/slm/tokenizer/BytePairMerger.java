package dev.outrider.slm.tokenizer;

import java.util.Arrays;

/**
 * Merges the bytes of one piece into tokens: again and again the most urgent pair of neighbours, the leftmost of equals
 * (Sennrich et al. 2016, arXiv 1508.07909). Candidates wait in a heap and neighbours are linked, so a piece of n bytes
 * takes n log n steps however long it is. One instance per encoding; not safe for several threads.
 */
final class BytePairMerger {

    private static final int NONE = -1;

    private final MergeTable merges;
    private int[] symbols = new int[64];
    private int[] previous = new int[64];
    private int[] next = new int[64];
    private final LongHeap candidates = new LongHeap();

    BytePairMerger(MergeTable merges) {
        this.merges = merges;
    }

    /** Appends the symbols of a piece to {@code out}; symbols that are no tokens included. */
    void merge(byte[] piece, IntList out) {
        int n = piece.length;
        reserve(n);
        for (int i = 0; i < n; i++) {
            symbols[i] = merges.symbol(piece[i]);
            previous[i] = i - 1;
            next[i] = i + 1 < n ? i + 1 : NONE;
        }
        for (int i = 0; i + 1 < n; i++) {
            propose(i, i + 1);
        }
        while (!candidates.isEmpty()) {
            long candidate = candidates.remove();
            int left = (int) candidate;
            int right = symbols[left] == NONE ? NONE : next[left];
            if (right == NONE) {
                continue;
            }
            int place = merges.find(symbols[left], symbols[right]);
            if (place == MergeTable.NONE || merges.rank(place) != (int) (candidate >>> 32)) {
                continue; // one of the two has merged with another neighbour since
            }
            symbols[left] = merges.result(place);
            symbols[right] = NONE;
            next[left] = next[right];
            if (next[left] != NONE) {
                previous[next[left]] = left;
                propose(left, next[left]);
            }
            if (previous[left] != NONE) {
                propose(previous[left], left);
            }
        }
        for (int i = 0; i != NONE && i < n; i = next[i]) {
            out.add(symbols[i]);
        }
    }

    private void propose(int left, int right) {
        int place = merges.find(symbols[left], symbols[right]);
        if (place != MergeTable.NONE) {
            candidates.add((long) merges.rank(place) << 32 | left);
        }
    }

    private void reserve(int n) {
        if (n > symbols.length) {
            int capacity = Math.max(n, 2 * symbols.length);
            symbols = Arrays.copyOf(symbols, capacity);
            previous = Arrays.copyOf(previous, capacity);
            next = Arrays.copyOf(next, capacity);
        }
    }
}
