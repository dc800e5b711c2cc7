package dev.outrider.slm.tokenizer;

/** {@code 's|'t|'re|'ve|'m|'ll|'d}. */
final class Contractions {

    private Contractions() {}

    /** The end of the English contraction at {@code from}, or {@code from} when there is none. */
    static int end(CodePoints text, int from, int to, boolean ignoreCase) {
        if (text.at(from) != '\'' || from + 1 >= to) {
            return from;
        }
        int first = letter(text, from + 1, ignoreCase);
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return from + 2;
        }
        if (from + 2 < to) {
            int second = letter(text, from + 2, ignoreCase);
            if (first == 'r' && second == 'e' || first == 'v' && second == 'e' || first == 'l' && second == 'l') {
                return from + 3;
            }
        }
        return from;
    }

    private static int letter(CodePoints text, int position, boolean ignoreCase) {
        return ignoreCase ? Character.toLowerCase(text.at(position)) : text.at(position);
    }
}
