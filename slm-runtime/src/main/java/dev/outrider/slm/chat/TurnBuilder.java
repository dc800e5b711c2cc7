package dev.outrider.slm.chat;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.outrider.slm.state.Boundaries;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * Puts a prompt together as the templates of models at large do: everything between two markers is encoded in one piece. What comes from
 * outside is text throughout; only in the template's own words a marker becomes its token.
 */
final class TurnBuilder {

    private final Tokenizer tokenizer;
    private final Map<String, Integer> markers = new HashMap<>();
    private final Pattern anyMarker;
    private final StringBuilder pending = new StringBuilder();
    private int[] tokens = new int[256];
    private int size;
    private int preamble;
    private int turn;

    /** @param markers written forms of the template's markers; those that the vocabulary lacks are ordinary text */
    TurnBuilder(Tokenizer tokenizer, Collection<String> markers) {
        this.tokenizer = tokenizer;
        for (String marker : markers) {
            tokenizer.special(marker).ifPresent(id -> this.markers.put(marker, id));
        }
        anyMarker = Pattern.compile(this.markers.isEmpty()
                ? "(?!)"
                : this.markers.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|")));
    }

    /** The template's own words. */
    TurnBuilder own(String words) {
        Matcher marker = anyMarker.matcher(words);
        int done = 0;
        while (marker.find()) {
            pending.append(words, done, marker.start());
            flush();
            append(new int[] {markers.get(marker.group())});
            done = marker.end();
        }
        pending.append(words, done, words.length());
        return this;
    }

    /** Text from outside. */
    TurnBuilder text(String text) {
        pending.append(text);
        return this;
    }

    /** What stands here so far is the same for many conversations; a marker follows. */
    TurnBuilder endPreamble() {
        flush();
        preamble = size;
        return this;
    }

    /** A turn is whole; a marker follows. */
    TurnBuilder endTurn() {
        flush();
        turn = size;
        return this;
    }

    Prompt build() {
        flush();
        return new Prompt(Arrays.copyOf(tokens, size), new Boundaries(preamble, turn));
    }

    private void flush() {
        append(tokenizer.encode(pending.toString()));
        pending.setLength(0);
    }

    private void append(int[] more) {
        if (size + more.length > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(size + more.length, 2 * tokens.length));
        }
        System.arraycopy(more, 0, tokens, size, more.length);
        size += more.length;
    }
}
