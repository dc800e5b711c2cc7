package dev.outrider.slm.chat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

import dev.outrider.slm.tokenizer.TokenType;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * The bytes of an answer, and which of its tokens each of them belongs to. Markers are looked for here: one that is a token of the vocabulary
 * counts only as that token, one that is not is found in the text.
 */
final class AnswerText {

    private final Tokenizer tokenizer;
    private final int[] tokens;
    private final int count;
    private final byte[] bytes;
    private final int[] starts;

    /** @param count tokens of the answer before its end token */
    AnswerText(Tokenizer tokenizer, int[] tokens, int count) {
        this.tokenizer = tokenizer;
        this.tokens = tokens;
        this.count = count;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        starts = new int[count + 1];
        for (int i = 0; i < count; i++) {
            all.writeBytes(tokenizer.bytes(tokens[i]));
            starts[i + 1] = all.size();
        }
        bytes = all.toByteArray();
    }

    int length() {
        return bytes.length;
    }

    byte[] bytes(int from, int to) {
        return Arrays.copyOfRange(bytes, from, to);
    }

    String text(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    /** The first place from {@code from} on that is no white space, or {@code to}. */
    int skipBlank(int from, int to) {
        int at = from;
        while (at < to && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
            at++;
        }
        return at;
    }

    /** The place behind the last one that is no white space, or {@code from}. */
    int trimEnd(int from, int to) {
        int at = to;
        while (at > from && (bytes[at - 1] == ' ' || bytes[at - 1] == '\n' || bytes[at - 1] == '\r' || bytes[at - 1] == '\t')) {
            at--;
        }
        return at;
    }

    /** Whether a marker stands at a place. */
    boolean startsWith(String marker, int at) {
        return find(marker, at, Math.min(bytes.length, at + length(marker))) == at;
    }

    /** The first place of a marker that lies within the range, or -1. */
    int find(String marker, int from, int to) {
        byte[] wanted = marker.getBytes(StandardCharsets.UTF_8);
        int token = tokenizer.special(marker).orElse(Markers.NONE);
        if (token != Markers.NONE) {
            for (int i = 0; i < count; i++) {
                if (tokens[i] == token && starts[i] >= from && starts[i + 1] <= to) {
                    return starts[i];
                }
            }
            return -1;
        }
        for (int at = from; at + wanted.length <= to; at++) {
            if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }

    static int length(String marker) {
        return marker.getBytes(StandardCharsets.UTF_8).length;
    }

    /** The first control token that begins within the range, in its written form, or an empty text. */
    String control(int from, int to) {
        for (int i = 0; i < count; i++) {
            if (starts[i] >= from && starts[i] < to && tokenizer.type(tokens[i]) == TokenType.CONTROL) {
                return tokenizer.text(tokens[i]);
            }
        }
        return "";
    }

    /** How many tokens begin within the range. */
    int tokensWithin(int from, int to) {
        int within = 0;
        for (int i = 0; i < count; i++) {
            within += starts[i] >= from && starts[i] < to ? 1 : 0;
        }
        return within;
    }

    /** The tokens that hold one of these bytes; the place behind the last byte stands for the end token. */
    BitSet tokensOf(BitSet places) {
        BitSet holding = new BitSet(tokens.length);
        for (int i = 0; i < count; i++) {
            int next = places.nextSetBit(starts[i]);
            holding.set(i, next >= 0 && next < starts[i + 1]);
        }
        if (count < tokens.length) {
            holding.set(count, places.get(bytes.length));
        }
        return holding;
    }

    /** The index of the first token that begins at a place or behind it. */
    int tokenFrom(int place) {
        int i = 0;
        while (i < count && starts[i] < place) {
            i++;
        }
        return i;
    }

    /** The tokens from an index on, as written. */
    String written(int token) {
        return tokenizer.written(Arrays.copyOfRange(tokens, Math.min(token, count), count));
    }
}
