package dev.outrider.slm.tokenizer;

import static dev.outrider.slm.tokenizer.CodePoints.NOTHING;
import static dev.outrider.slm.tokenizer.CodePoints.SPACE;

/**
 * The split of GPT-2, alternatives in order:
 * {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}.
 */
final class Gpt2PreTokenizer implements PreTokenizer {

    @Override
    public int end(CodePoints text, int from, int to) {
        int contraction = Contractions.end(text, from, to, false);
        if (contraction > from) {
            return contraction;
        }
        int start = text.at(from) == ' ' ? from + 1 : from;
        byte first = start < to ? text.classAt(start) : NOTHING;
        if (first != NOTHING && first != SPACE) {
            return text.skip(first, start, to);
        }
        return Whitespace.end(text, from, to);
    }
}
