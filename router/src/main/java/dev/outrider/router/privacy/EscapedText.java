package dev.outrider.router.privacy;

import java.util.ArrayList;
import java.util.List;

/**
 * A text with its escapes read, those of JSON and those of URLs ({@code a%40b.example} hides an address), and where
 * every {@code char} of it stands in the text as written. Texts hold JSON and URLs as often as prose.
 */
final class EscapedText {

    private final String plain;
    private final int[] starts;

    private EscapedText(String plain, int[] starts) {
        this.plain = plain;
        this.starts = starts;
    }

    /** Whether the text may hold an escape at all. */
    static boolean isIn(String text) {
        return text.indexOf('\\') >= 0 || text.indexOf('%') >= 0;
    }

    static EscapedText read(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        int[] starts = new int[text.length() + 1];
        for (int i = 0; i < text.length(); ) {
            int length = lengthOfEscape(text, i);
            starts[plain.length()] = i;
            plain.append(length == 1 ? text.charAt(i) : meaning(text, i, length));
            i += length;
        }
        starts[plain.length()] = text.length();
        return new EscapedText(plain.toString(), starts);
    }

    String plain() {
        return plain;
    }

    /** Places in the plain text as places in the text as written. */
    List<Span> asWritten(List<Span> spans) {
        List<Span> written = new ArrayList<>();
        for (Span span : spans) {
            written.add(new Span(starts[span.start()], starts[span.end()], span.kind()));
        }
        return written;
    }

    private static int lengthOfEscape(String text, int i) {
        char c = text.charAt(i);
        if (c == '%' && isHex(text, i + 1, 2)) {
            return 3;
        }
        if (c != '\\' || i + 1 >= text.length()) {
            return 1;
        }
        char next = text.charAt(i + 1);
        if (next == 'u') {
            return isHex(text, i + 2, 4) ? 6 : 1;
        }
        return next == '"' || next == '\\' || next == '/' || next == 'n' || next == 't' || next == 'r' ? 2 : 1;
    }

    private static char meaning(String text, int i, int length) {
        return switch (length) {
            case 3 -> (char) Integer.parseInt(text, i + 1, i + 3, 16);
            case 6 -> (char) Integer.parseInt(text, i + 2, i + 6, 16);
            default ->
                switch (text.charAt(i + 1)) {
                    case 'n' -> '\n';
                    case 't' -> '\t';
                    case 'r' -> '\r';
                    default -> text.charAt(i + 1);
                };
        };
    }

    private static boolean isHex(String text, int from, int count) {
        if (from + count > text.length()) {
            return false;
        }
        for (int i = from; i < from + count; i++) {
            if (Character.digit(text.charAt(i), 16) < 0) {
                return false;
            }
        }
        return true;
    }
}
