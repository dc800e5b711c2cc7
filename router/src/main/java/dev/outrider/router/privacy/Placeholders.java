package dev.outrider.router.privacy;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The values of one query and what stands for each: {@code <EMAIL_1>}, {@code <NAME_2>}. The same value has the same
 * placeholder wherever it occurs. Numbers that the query's own texts use already are left out, so that nothing but a
 * placeholder is ever turned back. A model may change a placeholder's case, escape its brackets or lose them; it is
 * recognised all the same. Used by one thread at a time.
 */
final class Placeholders {

    private static final String KINDS = "(EMAIL|PHONE|CARD|IBAN|NAME)";
    private static final String OPEN = "(?:<|&lt;|&#60;|\\\\+u003c)";
    private static final String CLOSE = "(?:\\\\*>|&gt;|&#62;|\\\\+u003e)";

    private static final Pattern FORM = Pattern.compile(
            OPEN + "\\s?" + KINDS + "(?:\\\\*_|[ -])(\\d{1,9})\\s?" + CLOSE
                    + "|(?<![\\p{L}\\p{N}_])" + KINDS + "_(\\d{1,9})(?![\\p{L}\\p{N}_])",
            Pattern.CASE_INSENSITIVE);

    /** Whatever might be read as a placeholder once its surroundings have changed. */
    private static final Pattern NEARLY =
            Pattern.compile(KINDS + "(?:\\\\*_|[ -])(\\d{1,9})", Pattern.CASE_INSENSITIVE);

    private final Map<String, String> byValue = new LinkedHashMap<>();
    private final Map<String, String> values = new HashMap<>();
    private final Map<SensitiveKind, Integer> last = new EnumMap<>(SensitiveKind.class);
    private final Set<String> taken = new HashSet<>();
    /** Values that are told by their form, and are replaced wherever they occur, inside of words too. */
    private final List<String> unmistakable = new ArrayList<>();

    /** Keeps clear of the placeholders that a text of the query holds by itself. */
    void avoid(String text) {
        Matcher matcher = NEARLY.matcher(text);
        while (matcher.find()) {
            taken.add(key(matcher.group(1), matcher.group(2)));
        }
    }

    /** What stands for a value. */
    String of(String value, SensitiveKind kind) {
        String known = byValue.get(value);
        if (known != null) {
            return known;
        }
        String key;
        do {
            key = key(kind.name(), String.valueOf(last.merge(kind, 1, Integer::sum)));
        } while (taken.contains(key));
        String placeholder = "<" + key + ">";
        byValue.put(value, placeholder);
        values.put(key, value);
        if (kind != SensitiveKind.NAME) {
            unmistakable.add(value);
        }
        return placeholder;
    }

    /** How many values have a placeholder. */
    int size() {
        return byValue.size();
    }

    /** Where known values stand. */
    List<Span> find(String text) {
        List<Span> found = new ArrayList<>();
        for (String value : unmistakable) {
            for (int i = text.indexOf(value); i >= 0; i = text.indexOf(value, i + value.length())) {
                found.add(new Span(i, i + value.length(), SensitiveKind.EMAIL));
            }
        }
        return found;
    }

    /** The text with every placeholder of this query turned back into its value. */
    String restore(String text, UnaryOperator<String> form) {
        if (values.isEmpty()) {
            return text;
        }
        return FORM.matcher(text).replaceAll(match -> {
            String value = values.get(keyOf(match));
            return Matcher.quoteReplacement(value == null ? match.group() : form.apply(value));
        });
    }

    /** The value when the text is one placeholder and nothing else. */
    @Nullable String valueOf(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        return matcher.matches() ? values.get(keyOf(matcher)) : null;
    }

    private static String keyOf(MatchResult match) {
        String kind = match.group(1) == null ? match.group(3) : match.group(1);
        String number = match.group(2) == null ? match.group(4) : match.group(2);
        return key(kind, number);
    }

    private static String key(String kind, String number) {
        return kind.toUpperCase(Locale.ROOT) + "_" + number;
    }
}
