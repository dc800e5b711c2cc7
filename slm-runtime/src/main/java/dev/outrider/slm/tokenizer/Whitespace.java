package dev.outrider.slm.tokenizer;

import static dev.outrider.slm.tokenizer.CodePoints.SPACE;

/** The white-space alternatives that byte-level BPE splits end with. */
final class Whitespace {

    private Whitespace() {}

    /** {@code \s+(?!\S)|\s+} at a white-space position: a run leaves its last character to the word that follows. */
    static int end(CodePoints text, int from, int to) {
        int end = text.skip(SPACE, from, to);
        return end < to && end - from > 1 ? end - 1 : end;
    }

    /** {@code \s*[\r\n]+} at a white-space position: behind the run's last line break, or {@code from} without one. */
    static int endOfLines(CodePoints text, int from, int to) {
        int last = from;
        for (int i = from; i < to && text.classAt(i) == SPACE; i++) {
            if (isLineBreak(text.at(i))) {
                last = i + 1;
            }
        }
        return last;
    }

    static boolean isLineBreak(int c) {
        return c == '\r' || c == '\n';
    }
}
