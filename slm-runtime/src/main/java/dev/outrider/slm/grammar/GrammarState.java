package dev.outrider.slm.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.grammar.Grammar.Frame;

/** One state of a {@link Grammar}; what follows it is worked out once. Immutable to its users. */
final class GrammarState {

    /** Nothing can follow, and what was written is no text of the grammar. */
    static final GrammarState DEAD = new GrammarState();

    private final @Nullable Grammar grammar;
    private final Frame[] places;
    private final boolean complete;
    private final int shortest;
    private final @Nullable AtomicReferenceArray<GrammarState> next;

    private GrammarState() {
        grammar = null;
        places = new Frame[0];
        complete = false;
        shortest = Expression.ENDLESS;
        next = null;
    }

    GrammarState(Grammar grammar, Frame[] places, boolean complete) {
        this.grammar = grammar;
        this.places = places;
        this.complete = complete;
        int least = Expression.ENDLESS;
        for (Frame place : places) {
            least = Math.min(least, place.shortest);
        }
        this.shortest = complete ? 0 : least;
        this.next = new AtomicReferenceArray<>(256);
    }

    /** Whether what was written is a whole text of the grammar. */
    boolean complete() {
        return complete;
    }

    /** The least number of bytes and special tokens to a whole text. */
    int shortest() {
        return shortest;
    }

    /** The state after one more byte. */
    GrammarState after(int value) {
        if (next == null || grammar == null) {
            return DEAD;
        }
        GrammarState known = next.get(value);
        if (known == null) {
            List<Frame> tails = new ArrayList<>();
            for (Frame place : places) {
                if (place.head instanceof Expression.OneByte one && one.bytes.contains(value)) {
                    tails.add(place.tail);
                }
            }
            known = tails.isEmpty() ? DEAD : grammar.state(tails);
            next.set(value, known);
        }
        return known;
    }

    /** The state after a special token. */
    GrammarState afterToken(int token) {
        List<Frame> tails = new ArrayList<>();
        for (Frame place : places) {
            if (place.head instanceof Expression.OneToken one && one.token == token) {
                tails.add(place.tail);
            }
        }
        return tails.isEmpty() || grammar == null ? DEAD : grammar.state(tails);
    }

    /** The special tokens that may follow. */
    int[] tokens() {
        List<Integer> tokens = new ArrayList<>();
        for (Frame place : places) {
            if (place.head instanceof Expression.OneToken one && !tokens.contains(one.token)) {
                tokens.add(one.token);
            }
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The only byte that may follow, or -1 when there are several, a special token may follow, or the text may end. */
    int onlyByte() {
        if (complete) {
            return -1;
        }
        int only = -1;
        for (Frame place : places) {
            if (!(place.head instanceof Expression.OneByte one)) {
                return -1;
            }
            for (int value = 0; value < 256; value++) {
                if (one.bytes.contains(value) && value != only) {
                    if (only >= 0) {
                        return -1;
                    }
                    only = value;
                }
            }
        }
        return only;
    }
}
