package dev.outrider.router.privacy;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the names that the caller gives: whole words, whatever their case, with any blanks between the parts, in both
 * Unicode forms of composed letters.
 */
final class NameFinder {

    private static final Comparator<String> LONGEST_FIRST =
            Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder());

    private final @Nullable Pattern names;

    NameFinder(Collection<String> given) {
        Set<String> forms = new TreeSet<>(LONGEST_FIRST);
        for (String name : given) {
            String plain = name.strip();
            if (!plain.isEmpty()) {
                forms.add(Normalizer.normalize(plain, Normalizer.Form.NFC));
                forms.add(Normalizer.normalize(plain, Normalizer.Form.NFD));
                forms.add(plain);
            }
        }
        this.names = forms.isEmpty()
                ? null
                : Pattern.compile(
                        "(?<![\\p{L}\\p{M}\\p{N}])(?:"
                                + forms.stream().map(NameFinder::withAnyBlanks).collect(Collectors.joining("|"))
                                + ")(?![\\p{L}\\p{M}\\p{N}])",
                        Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    }

    private static String withAnyBlanks(String name) {
        List<String> parts = new ArrayList<>();
        for (String part : name.split("[\\s\\u00a0]+")) {
            parts.add(Pattern.quote(part));
        }
        return String.join("[\\s\\u00a0]+", parts);
    }

    List<Span> find(String text) {
        List<Span> found = new ArrayList<>();
        if (names != null) {
            Matcher matcher = names.matcher(text);
            while (matcher.find()) {
                found.add(new Span(matcher.start(), matcher.end(), SensitiveKind.NAME));
            }
        }
        return found;
    }
}
