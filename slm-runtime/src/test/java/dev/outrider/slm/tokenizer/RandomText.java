package dev.outrider.slm.tokenizer;

import java.util.random.RandomGenerator;

/** Texts that tokenizers stumble over. */
public final class RandomText {

    private static final String[] ATOMS = {
        "'s", "'S", "'re", "'Ve", "'ll", "'D", "'", " ", "  ", "\t", "\n", "\r\n", "\u00A0", "\u3000", "\u0085", "\u001C", "\u000B",
        "a", "Zz", "é", "ſ", "中", "日本", "ا", "ก็", "हि", "한", "1", "22", "333", "4444", "²", "Ⅷ", "١", "\uD835\uDFD8", ".", "!", "$",
        "+", "<", "~", "_", "—", "“", "€", "\uD83D\uDE00", "\uD83D\uDC4D\uD83C\uDFFD", "\u0301", "\u200D", "\uFEFF", "\uE000", "the"
    };

    private RandomText() {}

    /** Up to {@code longest} atoms: contractions, white space of all kinds, scripts, digits, marks, symbols. */
    public static String atoms(RandomGenerator random, int longest) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(longest + 1); n > 0; n--) {
            text.append(ATOMS[random.nextInt(ATOMS.length)]);
        }
        return text.toString();
    }

    /** Up to {@code longest} code points of all planes, without surrogates. */
    static String codePoints(RandomGenerator random, int longest) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(longest + 1); n > 0; n--) {
            int c = random.nextInt(1 << random.nextInt(7, 21));
            text.appendCodePoint(c >= 0xD800 && c < 0xE000 ? c - 0xD800 : c);
        }
        return text.toString();
    }
}
