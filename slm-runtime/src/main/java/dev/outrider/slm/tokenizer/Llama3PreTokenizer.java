package dev.outrider.slm.tokenizer;

import static dev.outrider.slm.tokenizer.CodePoints.LETTER;
import static dev.outrider.slm.tokenizer.CodePoints.NUMBER;
import static dev.outrider.slm.tokenizer.CodePoints.OTHER;

/**
 * The split of Llama 3 and, with single digits, of Qwen 2, alternatives in order:
 * {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,D}|
 * ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}.
 *
 * @param digits the most digits of a piece: 3 for Llama 3, 1 for Qwen 2
 */
record Llama3PreTokenizer(int digits) implements PreTokenizer {

    @Override
    public int end(CodePoints text, int from, int to) {
        int contraction = Contractions.end(text, from, to, true);
        if (contraction > from) {
            return contraction;
        }
        byte first = text.classAt(from);
        if (first == LETTER) {
            return text.skip(LETTER, from, to);
        }
        if (first == NUMBER) {
            return text.skip(NUMBER, from, Math.min(to, from + digits));
        }
        boolean leads = !Whitespace.isLineBreak(text.at(from));
        if (leads && from + 1 < to && text.classAt(from + 1) == LETTER) {
            return text.skip(LETTER, from + 1, to);
        }
        int start = text.at(from) == ' ' ? from + 1 : from;
        if (start < to && text.classAt(start) == OTHER) {
            int end = text.skip(OTHER, start, to);
            while (end < to && Whitespace.isLineBreak(text.at(end))) {
                end++;
            }
            return end;
        }
        int lines = Whitespace.endOfLines(text, from, to);
        return lines > from ? lines : Whitespace.end(text, from, to);
    }
}
