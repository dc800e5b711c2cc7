package dev.outrider.evals.match;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Whether a reply is one of some texts, by the normalised match of SQuAD (Rajpurkar et al., arXiv 1606.05250, {@code evaluate-v1.1.py}):
 * case, blanks, punctuation and the English articles do not count. Points and commas between digits do: 59.80 is not 5980.
 */
public final class TextMatcher {

    private static final Pattern ARTICLES = Pattern.compile("\\b(?:a|an|the)\\b");

    private TextMatcher() {}

    /**
     * The verdict on a reply.
     *
     * @param acceptable texts of which any will do; with none of them, every reply is right
     */
    public static Verdict match(List<String> acceptable, String reply) {
        if (acceptable.isEmpty()) {
            return Verdict.ok();
        }
        String said = normalise(reply);
        return acceptable.stream().anyMatch(text -> normalise(text).equals(said))
                ? Verdict.ok()
                : Verdict.wrong("the reply is not: " + String.join(" | ", acceptable));
    }

    private static String normalise(String text) {
        return ARTICLES.matcher(MentionsMatcher.normalise(text)).replaceAll(" ").replaceAll("\\s+", " ").strip();
    }
}
