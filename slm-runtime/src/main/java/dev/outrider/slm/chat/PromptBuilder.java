package dev.outrider.slm.chat;

import java.util.Arrays;

import dev.outrider.slm.state.Boundaries;
import dev.outrider.slm.tokenizer.Tokenizer;

/** Puts a prompt together from markers and plain text; every text is encoded by itself, without special tokens. */
final class PromptBuilder {

    private final Tokenizer tokenizer;
    private final int turnStart;
    private final int turnEnd;
    private int[] tokens = new int[256];
    private int size;
    private int preamble;
    private int turn;

    PromptBuilder(Tokenizer tokenizer, int turnStart, int turnEnd) {
        this.tokenizer = tokenizer;
        this.turnStart = turnStart;
        this.turnEnd = turnEnd;
    }

    boolean isEmpty() {
        return size == 0;
    }

    PromptBuilder marker(int token) {
        append(new int[] {token});
        return this;
    }

    PromptBuilder text(String text) {
        append(tokenizer.encode(text));
        return this;
    }

    /** {@code <|im_start|>} ROLE line break. */
    PromptBuilder open(String role) {
        return marker(turnStart).text(role + "\n");
    }

    /** {@code <|im_end|>} line break; the turn is whole. */
    PromptBuilder close() {
        marker(turnEnd).text("\n");
        turn = size;
        return this;
    }

    /** What stands here so far is the same for many conversations. */
    PromptBuilder endPreamble() {
        preamble = size;
        return this;
    }

    PromptBuilder turn(String role, String text) {
        return open(role).text(text).close();
    }

    Prompt build() {
        return new Prompt(Arrays.copyOf(tokens, size), new Boundaries(preamble, turn));
    }

    private void append(int[] more) {
        if (size + more.length > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(size + more.length, 2 * tokens.length));
        }
        System.arraycopy(more, 0, tokens, size, more.length);
        size += more.length;
    }
}
