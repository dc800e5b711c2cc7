package dev.outrider.evals.match;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Whether a reply says what it must: of every group at least one text has to occur. Case, blanks, underscores and punctuation do not
 * count, except a point or comma between digits (59.80 is not 5980), and a mention that starts or ends with a digit is not
 * found inside a longer number (12 is not in 120).
 */
public final class MentionsMatcher {

    private static final Pattern SEPARATORS = Pattern.compile("(?<=\\p{N})[.,](?=\\p{N})|[^\\p{L}\\p{N}]+");

    private MentionsMatcher() {}

    /** The verdict on a reply; right where no mention is asked for. */
    public static Verdict match(List<List<String>> groups, String reply) {
        String text = " " + normalise(reply) + " ";
        for (List<String> group : groups) {
            if (group.stream().noneMatch(mention -> contains(text, normalise(mention)))) {
                return Verdict.wrong("the reply mentions none of: " + String.join(" | ", group));
            }
        }
        return Verdict.ok();
    }

    private static boolean contains(String text, String mention) {
        if (mention.isEmpty()) {
            return true;
        }
        for (int at = text.indexOf(mention); at >= 0; at = text.indexOf(mention, at + 1)) {
            boolean startsInNumber = digit(mention.charAt(0)) && inNumber(text.charAt(at - 1));
            int end = at + mention.length();
            boolean endsInNumber = digit(mention.charAt(mention.length() - 1)) && inNumber(text.charAt(end));
            if (!startsInNumber && !endsInNumber) {
                return true;
            }
        }
        return false;
    }

    private static boolean digit(char c) {
        return Character.isDigit(c);
    }

    private static boolean inNumber(char c) {
        return digit(c) || c == '.';
    }

    /** Lower case, one blank between words; a decimal comma becomes a point. */
    static String normalise(String text) {
        String plain = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return SEPARATORS
                .matcher(plain)
                .replaceAll(m -> m.group().length() == 1 && isDecimal(plain, m.start()) ? "." : " ")
                .strip();
    }

    private static boolean isDecimal(String text, int at) {
        return (text.charAt(at) == '.' || text.charAt(at) == ',')
                && at > 0
                && at + 1 < text.length()
                && digit(text.charAt(at - 1))
                && digit(text.charAt(at + 1));
    }
}
