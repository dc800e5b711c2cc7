package dev.outrider.slm.tokenizer;

import java.util.function.IntPredicate;

/**
 * Sets runs of certain characters apart from everything else, as {@code [set]{length}} or {@code [set]+} does when it
 * is used to split: a match is a piece, and so is the text between two matches.
 *
 * @param set the characters
 * @param shortest a run shorter than this is ordinary text
 * @param longest a longer run becomes several pieces
 */
record RunPreTokenizer(IntPredicate set, int shortest, int longest) implements PreTokenizer {

    /** {@code [set]+}. */
    static RunPreTokenizer of(IntPredicate set) {
        return new RunPreTokenizer(set, 1, Integer.MAX_VALUE);
    }

    @Override
    public int end(CodePoints text, int from, int to) {
        int run = run(text, from, to);
        if (run >= shortest) {
            return from + run;
        }
        int i = from;
        while (i < to) {
            i += Math.max(run, 1);
            run = i < to ? run(text, i, to) : 0;
            if (run >= shortest) {
                return i;
            }
        }
        return to;
    }

    private int run(CodePoints text, int from, int to) {
        int i = from;
        while (i < to && i - from < longest && set.test(text.at(i))) {
            i++;
        }
        return i - from;
    }
}
