package dev.outrider.router.privacy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds payment card numbers (ISO/IEC 7812): 12 to 19 digits, in one piece or in groups, whose last digit is right by
 * Luhn's formula. Digits of every script count.
 */
final class CardFinder {

    private static final int SHORTEST = 12;
    private static final int LONGEST = 19;

    /** Groups of digits with one separator between them. */
    private static final Pattern RUN = Pattern.compile("\\p{Nd}+(?:[ \\u00a0\\u202f.\\-]\\p{Nd}+)*");

    private static final Pattern GROUP = Pattern.compile("\\p{Nd}+");

    private CardFinder() {}

    static List<Span> find(String text) {
        List<Span> found = new ArrayList<>();
        Matcher run = RUN.matcher(text);
        while (run.find()) {
            if (run.end() - run.start() >= SHORTEST) {
                findInRun(text, run.start(), run.end(), found);
            }
        }
        return found;
    }

    /** A date or a check number may stand right behind the card, so every row of whole groups is tried, longest first. */
    private static void findInRun(String text, int start, int end, List<Span> found) {
        List<Span> groups = new ArrayList<>();
        Matcher group = GROUP.matcher(text).region(start, end);
        while (group.find()) {
            groups.add(new Span(group.start(), group.end(), SensitiveKind.CARD));
        }
        for (int first = 0; first < groups.size(); first++) {
            int last = lastOfCard(text, groups, first);
            if (last >= 0) {
                found.add(new Span(groups.get(first).start(), groups.get(last).end(), SensitiveKind.CARD));
                first = last;
            }
        }
    }

    /** The last group of the longest card that begins with this group, or -1. */
    private static int lastOfCard(String text, List<Span> groups, int first) {
        StringBuilder digits = new StringBuilder();
        int best = -1;
        for (int last = first; last < groups.size() && digits.length() <= LONGEST; last++) {
            digits.append(text, groups.get(last).start(), groups.get(last).end());
            boolean fits = digits.length() >= SHORTEST && digits.length() <= LONGEST;
            if (fits && Character.digit(digits.charAt(0), 10) > 0 && checks(digits)) {
                best = last;
            }
        }
        return best;
    }

    /** Luhn: every second digit from the right doubled, digits of the products added, the sum ends with 0. */
    static boolean checks(CharSequence digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = Character.digit(digits.charAt(digits.length() - 1 - i), 10);
            int weighted = i % 2 == 0 ? digit : 2 * digit;
            sum += weighted > 9 ? weighted - 9 : weighted;
        }
        return sum % 10 == 0;
    }
}
