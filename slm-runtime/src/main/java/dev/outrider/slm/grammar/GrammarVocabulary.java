package dev.outrider.slm.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

import dev.outrider.slm.tokenizer.TokenType;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * A model's vocabulary, ready to be masked. One for all grammars and answers of a model: it keeps the masks of the states that were
 * met, up to a number of bytes, the ones used least lately going first. Safe for many threads.
 */
public final class GrammarVocabulary {

    /** Masks kept by default: 2,000 at a vocabulary of 131,072. */
    public static final long DEFAULT_CACHE_BYTES = 32L << 20;

    private record Cached(TokenMask mask, int furthest, int[] forced, boolean end) {}

    private final Tokenizer tokenizer;
    private final TokenTrie trie;
    private final long capacity;
    private final LinkedHashMap<GrammarState, Cached> cache = new LinkedHashMap<>(256, 0.75f, true);
    private long hits;
    private long misses;

    public GrammarVocabulary(Tokenizer tokenizer) {
        this(tokenizer, DEFAULT_CACHE_BYTES);
    }

    /** @throws GrammarException when the vocabulary cannot spell every ASCII character */
    public GrammarVocabulary(Tokenizer tokenizer, long cacheBytes) {
        this.tokenizer = tokenizer;
        this.trie = new TokenTrie(tokenizer);
        this.capacity = Math.max(16, cacheBytes / (8L * words() + 64));
    }

    /** Begins a text of a grammar. */
    public GrammarConstraint constrain(Grammar grammar) {
        return new GrammarConstraint(grammar.start(), this);
    }

    /** Share of masks that were found ready, since the beginning. */
    public synchronized double hitRate() {
        return hits + misses == 0 ? 0 : (double) hits / (hits + misses);
    }

    private int words() {
        return (trie.vocabulary() + 63) / 64;
    }

    /** @param remaining tokens that the text may still take */
    TokenMask mask(GrammarState state, int remaining) {
        Cached known = cached(state);
        // within so many tokens every choice can be finished: one token a byte is enough
        if (known.furthest() <= remaining - 1) {
            return known.mask();
        }
        long[] bits = new long[words()];
        trie.allow(state, remaining - 1, bits);
        return new TokenMask(bits);
    }

    /** Whether {@link #mask} forbids what would be allowed if there were more room. */
    boolean isNarrow(GrammarState state, int remaining) {
        return cached(state).furthest() > remaining - 1;
    }

    /** Whether no token can follow. */
    boolean isEnd(GrammarState state) {
        return cached(state).end();
    }

    /** The tokens that the grammar leaves no choice about. */
    int[] forced(GrammarState state) {
        return cached(state).forced();
    }

    private Cached cached(GrammarState state) {
        synchronized (this) {
            Cached known = cache.get(state);
            if (known != null) {
                hits++;
                return known;
            }
            misses++;
        }
        long[] bits = new long[words()];
        int furthest = trie.allow(state, Expression.ENDLESS, bits);
        TokenMask mask = new TokenMask(bits);
        Cached made = new Cached(mask, furthest, compulsory(state), mask.count() == 0);
        synchronized (this) {
            cache.put(state, made);
            var eldest = cache.entrySet().iterator();
            while (cache.size() > capacity) {
                eldest.next();
                eldest.remove();
            }
        }
        return made;
    }

    /**
     * The compulsory bytes as this model writes them. The last token stays open, unless a special token follows: with what comes
     * next the model might write a longer one.
     */
    private int[] compulsory(GrammarState from) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        GrammarState state = from;
        for (int only = state.onlyByte(); only >= 0; only = state.onlyByte()) {
            bytes.write(only);
            state = state.after(only);
        }
        int[] special = state.complete() || hasBytes(state) ? new int[0] : state.tokens();
        boolean closed = special.length == 1;
        String text = bytes.toString(StandardCharsets.UTF_8);
        if (!Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes.toByteArray())) {
            return new int[0]; // ends inside a character
        }
        int[] tokens = tokenizer.encode(text);
        if (closed) {
            int[] all = Arrays.copyOf(tokens, tokens.length + 1);
            all[tokens.length] = special[0];
            return all;
        }
        return tokens.length < 2 ? new int[0] : Arrays.copyOf(tokens, tokens.length - 1);
    }

    private static boolean hasBytes(GrammarState state) {
        for (int value = 0; value < 256; value++) {
            if (state.after(value) != GrammarState.DEAD) {
                return true;
            }
        }
        return false;
    }

    GrammarState after(GrammarState state, int token) {
        GrammarState special = state.afterToken(token);
        if (special != GrammarState.DEAD || tokenizer.type(token) == TokenType.CONTROL) {
            return special;
        }
        GrammarState after = state;
        for (byte b : tokenizer.bytes(token)) {
            after = after.after(b & 0xFF);
        }
        return after;
    }

    /** Masks and states that are kept, for tests and statistics. */
    synchronized Map<String, Long> statistics() {
        return Map.of("masks", (long) cache.size(), "hits", hits, "misses", misses);
    }
}
