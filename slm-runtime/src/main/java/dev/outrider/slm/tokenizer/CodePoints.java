package dev.outrider.slm.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * A text as code points with the class of each, as pre-tokenizers see it. Positions are code points, not chars.
 *
 * <p>Classes follow the general categories of Unicode; white space is the Unicode property White_Space, which Java's
 * {@code Character.isWhitespace} is not (it leaves out U+00A0 and takes in U+001C). Java 25 knows Unicode 16;
 * llama.cpp v0.5.0 and the vocabularies of its time do not know the letters and digits that came with it (4,382 code
 * points, most of them hieroglyphs) and split around them.
 */
final class CodePoints {

    /** \p{L}. */
    static final byte LETTER = 1;
    /** \p{N}. */
    static final byte NUMBER = 2;
    /** \s. */
    static final byte SPACE = 3;
    /** [^\s\p{L}\p{N}]: marks, punctuation, symbols, controls, unassigned. */
    static final byte OTHER = 4;
    /** Before or behind the text. */
    static final byte NOTHING = 0;

    private static final int REPLACEMENT = 0xFFFD;
    private static final byte[] LATIN = new byte[256];

    static {
        for (int c = 0; c < LATIN.length; c++) {
            LATIN[c] = classify(c);
        }
    }

    private final int[] points;
    private final byte[] classes;

    private CodePoints(int[] points, byte[] classes) {
        this.points = points;
        this.classes = classes;
    }

    static CodePoints of(CharSequence text) {
        int[] points = text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? REPLACEMENT : c)
                .toArray();
        byte[] classes = new byte[points.length];
        for (int i = 0; i < points.length; i++) {
            classes[i] = points[i] < LATIN.length ? LATIN[points[i]] : classify(points[i]);
        }
        return new CodePoints(points, classes);
    }

    int length() {
        return points.length;
    }

    int at(int position) {
        return points[position];
    }

    byte classAt(int position) {
        return classes[position];
    }

    /** The first position from {@code from} on, at most {@code to}, whose class is not this one. */
    int skip(byte characterClass, int from, int to) {
        int i = from;
        while (i < to && classes[i] == characterClass) {
            i++;
        }
        return i;
    }

    /** The UTF-8 bytes of a range. */
    byte[] bytes(int from, int to) {
        return new String(points, from, to - from).getBytes(StandardCharsets.UTF_8);
    }

    private static byte classify(int c) {
        if (isWhiteSpace(c)) {
            return SPACE;
        }
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            default -> OTHER;
        };
    }

    private static boolean isWhiteSpace(int c) {
        return c >= 0x09 && c <= 0x0D
                || c == ' '
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200A
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }

    /** \p{P}. */
    static boolean isPunctuation(int c) {
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> false;
        };
    }
}
