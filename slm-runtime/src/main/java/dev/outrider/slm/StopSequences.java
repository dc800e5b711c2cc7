package dev.outrider.slm;

import java.util.List;

import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.tokenizer.TextDecoder;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * Watches an answer for texts that end it. They are looked for in the text and not in the tokens, since a sequence may
 * begin and end inside a token. Calls are not searched: half a call is of no use to anybody. One instance per answer.
 */
final class StopSequences {

    private final List<String> sequences;
    private final ChatFormat format;
    private final TextDecoder decoder;
    private final StringBuilder text = new StringBuilder();
    private boolean inCall;

    StopSequences(List<String> sequences, ChatFormat format, Tokenizer tokenizer) {
        this.sequences = List.copyOf(sequences);
        this.format = format;
        this.decoder = tokenizer.decoder();
    }

    /** Takes the next token of the answer; true once one of the sequences is complete. */
    boolean accept(int token) {
        inCall |= format.beginsCall(token);
        if (inCall || sequences.isEmpty()) {
            return false;
        }
        int before = text.length();
        text.append(decoder.accept(token));
        return sequences.stream().anyMatch(s -> text.indexOf(s, Math.max(0, before - s.length() + 1)) >= 0);
    }

    /** Characters of the longest sequence; 0 without any. */
    int longest() {
        return sequences.stream().mapToInt(String::length).max().orElse(0);
    }

    /** The text up to the first sequence in it. */
    String cut(String answer) {
        int end = sequences.stream()
                .mapToInt(answer::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(answer.length());
        return answer.substring(0, end);
    }
}
