package dev.outrider.router.privacy;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds e-mail addresses, those with letters outside of ASCII (RFC 6531) and quoted local parts included. Starts from
 * each {@code @} and takes what belongs to it on both sides, so the time is linear in the text. Of the signs that a
 * local part may have by RFC 5322, those that usually separate an address from something else are left out:
 * {@code mail=a@example.org} is an address behind an equals sign.
 */
final class EmailFinder {

    private EmailFinder() {}

    static List<Span> find(String text) {
        List<Span> found = new ArrayList<>();
        int free = 0;
        for (int at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
            int start = startOfLocalPart(text, at, free);
            int end = endOfDomain(text, at + 1);
            if (start < at && end > at + 1) {
                found.add(new Span(start, end, SensitiveKind.EMAIL));
                free = end;
            }
        }
        return found;
    }

    private static int startOfLocalPart(String text, int at, int free) {
        if (at > free && text.charAt(at - 1) == '"') {
            int quote = text.lastIndexOf('"', at - 2);
            return quote >= free && text.substring(quote, at).lines().count() == 1 ? quote : at;
        }
        int start = at;
        while (start > free) {
            int c = text.codePointBefore(start);
            boolean inner = c == '\'' && start < at && start - 1 > free
                    && Character.isLetterOrDigit(text.codePointBefore(start - 1));
            if (!isWordPart(c) && c != '.' && c != '_' && c != '+' && c != '-' && !inner) {
                break;
            }
            start -= Character.charCount(c);
        }
        while (start < at && (text.charAt(start) == '.' || text.charAt(start) == '-')) {
            start++;
        }
        return start;
    }

    private static int endOfDomain(String text, int from) {
        if (from < text.length() && text.charAt(from) == '[') {
            int close = text.indexOf(']', from);
            return close > 0 && close - from <= 48 ? close + 1 : from;
        }
        int end = from;
        while (end < text.length()) {
            int c = text.codePointAt(end);
            if (!isWordPart(c) && c != '-' && c != '.' && c != '_') {
                break;
            }
            end += Character.charCount(c);
        }
        while (end > from && !isWordPart(text.codePointBefore(end))) {
            end--;
        }
        return end;
    }

    private static boolean isWordPart(int c) {
        return Character.isLetterOrDigit(c)
                || Character.getType(c) == Character.NON_SPACING_MARK
                || Character.getType(c) == Character.COMBINING_SPACING_MARK;
    }
}
