package dev.outrider.slm.grammar;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

import dev.outrider.slm.tokenizer.TokenType;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * The text tokens of a vocabulary as a tree of bytes, laid out in the order in which it is walked: tokens that begin alike are
 * tried once for their common beginning, and a subtree that the grammar forbids is skipped in one step.
 */
final class TokenTrie {

    private static final int NO_TOKEN = -1;

    private final int vocabulary;
    private final int nodes;
    private final byte[] label;
    private final short[] depth;
    /** Where the node's subtree ends. */
    private final int[] end;
    /** The first token that ends at the node; further ones with the same bytes in {@link #twin}. */
    private final int[] token;
    private final int[] twin;
    private final int deepest;

    TokenTrie(Tokenizer tokenizer) {
        vocabulary = tokenizer.vocabularySize();
        byte[][] bytes = new byte[vocabulary][];
        List<Integer> ids = IntStream.range(0, vocabulary)
                .filter(id -> tokenizer.type(id) == TokenType.NORMAL || tokenizer.type(id) == TokenType.BYTE)
                .peek(id -> bytes[id] = tokenizer.bytes(id))
                .filter(id -> bytes[id].length > 0)
                .boxed()
                .sorted(Comparator.comparing((Integer id) -> bytes[id], Arrays::compareUnsigned))
                .toList();
        int most = ids.stream().mapToInt(id -> bytes[id].length).sum();
        label = new byte[most];
        depth = new short[most];
        end = new int[most];
        token = new int[most];
        twin = new int[vocabulary];
        Arrays.fill(token, NO_TOKEN);
        Arrays.fill(twin, NO_TOKEN);
        int[] path = new int[ids.stream().mapToInt(id -> bytes[id].length).max().orElse(0) + 1];
        int open = 0;
        int count = 0;
        byte[] before = {};
        for (int id : ids) {
            byte[] now = bytes[id];
            int common = Arrays.mismatch(before, now);
            common = common < 0 ? now.length : common;
            while (open > common) {
                end[path[open--]] = count;
            }
            for (int i = common; i < now.length; i++) {
                label[count] = now[i];
                depth[count] = (short) (i + 1);
                path[++open] = count++;
            }
            int node = path[open];
            twin[id] = token[node];
            token[node] = id;
            before = now;
        }
        while (open > 0) {
            end[path[open--]] = count;
        }
        nodes = count;
        deepest = path.length;
        for (int value = 0x20; value < 0x7F; value++) {
            if (!hasByte((byte) value)) {
                throw new GrammarException("the vocabulary has no token for the single byte " + value
                        + ", so that a text could not always be finished; answers of this model cannot be constrained");
            }
        }
    }

    private boolean hasByte(byte value) {
        for (int node = 0; node < nodes; node = end[node]) {
            if (label[node] == value) {
                return token[node] != NO_TOKEN;
            }
        }
        return false;
    }

    int vocabulary() {
        return vocabulary;
    }

    /**
     * Sets the bits of all tokens after which a text of the grammar can still be finished with so many symbols.
     *
     * @param mask a bit per token, all 0 before
     * @return the largest {@link GrammarState#shortest()} after a token that was set
     */
    int allow(GrammarState state, int most, long[] mask) {
        GrammarState[] path = new GrammarState[deepest + 1];
        path[0] = state;
        int furthest = 0;
        int node = 0;
        while (node < nodes) {
            int level = depth[node];
            GrammarState after = path[level - 1].after(label[node] & 0xFF);
            if (after == GrammarState.DEAD) {
                node = end[node];
                continue;
            }
            path[level] = after;
            if (token[node] != NO_TOKEN && after.shortest() <= most) {
                furthest = Math.max(furthest, after.shortest());
                for (int id = token[node]; id != NO_TOKEN; id = twin[id]) {
                    mask[id >> 6] |= 1L << id;
                }
            }
            node++;
        }
        for (int id : state.tokens()) {
            GrammarState after = state.afterToken(id);
            if (after.shortest() <= most) {
                furthest = Math.max(furthest, after.shortest());
                mask[id >> 6] |= 1L << id;
            }
        }
        return furthest;
    }
}
