package dev.outrider.slm.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which two neighbouring symbols merge into which, and how urgently. A symbol is a token id, or for the rare
 * intermediate result that is no token, an id behind the vocabulary. Pairs lie in an open-addressing hash table: files
 * have some 300,000 of them.
 */
final class MergeTable {

    /** No such pair. */
    static final int NONE = -1;

    private static final long EMPTY = -1;

    private final Vocabulary vocabulary;
    private final List<byte[]> extras = new ArrayList<>();
    private final long[] pairs;
    private final int[] ranks;
    private final int[] results;
    private final int[] byteSymbols = new int[256];

    MergeTable(Vocabulary vocabulary, List<String> merges) {
        this.vocabulary = vocabulary;
        int capacity = Integer.highestOneBit(Math.max(4, merges.size())) * 4;
        pairs = new long[capacity];
        ranks = new int[capacity];
        results = new int[capacity];
        Arrays.fill(pairs, EMPTY);
        Map<String, Integer> extraIds = new HashMap<>();
        for (int b = 0; b < 256; b++) {
            byteSymbols[b] = symbol(String.valueOf(ByteAlphabet.character((byte) b)), extraIds, "the byte alphabet");
        }
        for (int rank = 0; rank < merges.size(); rank++) {
            String merge = merges.get(rank);
            String place = "tokenizer.ggml.merges[" + rank + "]";
            int blank = merge.indexOf(' ', 1);
            if (blank < 1 || blank == merge.length() - 1) {
                throw new TokenizerException(
                        place + " is '" + merge + "', which is not two symbols separated by a blank");
            }
            String left = merge.substring(0, blank);
            String right = merge.substring(blank + 1);
            put(
                    pair(symbol(left, extraIds, place), symbol(right, extraIds, place)),
                    rank,
                    symbol(left + right, extraIds, place));
        }
    }

    /** The symbol of one byte. */
    int symbol(byte b) {
        return byteSymbols[b & 0xFF];
    }

    /** The place of a pair for {@link #rank} and {@link #result}, or {@link #NONE}. */
    int find(int left, int right) {
        long pair = pair(left, right);
        for (int i = slot(pair); ; i = i + 1 & pairs.length - 1) {
            if (pairs[i] == pair) {
                return i;
            }
            if (pairs[i] == EMPTY) {
                return NONE;
            }
        }
    }

    /** The urgency of the pair at this place; 0 is merged first. */
    int rank(int place) {
        return ranks[place];
    }

    /** The symbol that the pair at this place becomes. */
    int result(int place) {
        return results[place];
    }

    /** Whether a symbol is a token. */
    boolean isToken(int symbol) {
        return symbol < vocabulary.size();
    }

    /** The bytes of a symbol that is no token. */
    byte[] bytes(int symbol) {
        return extras.get(symbol - vocabulary.size());
    }

    private int symbol(String text, Map<String, Integer> extraIds, String place) {
        int id = vocabulary.id(text);
        if (id >= 0) {
            return id;
        }
        if (!ByteAlphabet.isWritten(text)) {
            throw new TokenizerException(
                    place + " holds '" + text + "', which is not in the alphabet of byte-level BPE");
        }
        return extraIds.computeIfAbsent(text, t -> {
            extras.add(ByteAlphabet.read(t));
            return vocabulary.size() + extras.size() - 1;
        });
    }

    private void put(long pair, int rank, int result) {
        int i = slot(pair);
        while (pairs[i] != EMPTY) {
            if (pairs[i] == pair) {
                return; // the first of two equal pairs counts, being the more urgent
            }
            i = i + 1 & pairs.length - 1;
        }
        pairs[i] = pair;
        ranks[i] = rank;
        results[i] = result;
    }

    private int slot(long pair) {
        // Fibonacci hashing spreads the neighbouring ids of neighbouring merges
        long mixed = pair * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 32) & pairs.length - 1;
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }
}
