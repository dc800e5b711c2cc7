package dev.outrider.slm.tokenizer;

/**
 * Splits text into the pieces inside which BPE merges. Vocabularies describe the split as a regular expression; here
 * each one is a scanner written by hand, which takes time proportional to the text whatever the text is, while a
 * backtracking matcher overflows its stack or goes quadratic on a megabyte of one letter.
 */
@FunctionalInterface
interface PreTokenizer {

    /**
     * The end of the piece that begins at {@code from}.
     *
     * @param from begin of the piece, below {@code to}
     * @param to end of the text as far as this pre-tokenizer may see
     * @return a position above {@code from} and at most {@code to}
     */
    int end(CodePoints text, int from, int to);
}
