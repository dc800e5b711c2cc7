package dev.outrider.router;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.PolicyTree.At;
import dev.outrider.router.PolicyTree.Entry;
import dev.outrider.router.PolicyTree.Items;
import dev.outrider.router.PolicyTree.Scalar;
import dev.outrider.router.PolicyTree.Section;
import dev.outrider.router.internal.DurationText;
import dev.outrider.router.internal.ImpossibleValue;
import dev.outrider.router.internal.OneLine;

/**
 * Reads one section of a policy key by key and complains with the place. Keys that were never asked for are unknown:
 * {@link #build} says so, with the nearest known one.
 */
final class PolicySection {

    /** Edits up to which a key that nobody knows is taken for a missing one misspelt. */
    private static final int TYPO = 2;

    private final String file;
    private final String path;
    private final Section section;
    private final Set<String> known = new LinkedHashSet<>();

    private PolicySection(String file, String path, Section section) {
        this.file = file;
        this.path = path;
        this.section = section;
    }

    static PolicySection root(String file, PolicyTree tree) {
        return of(file, "", tree);
    }

    private static PolicySection of(String file, String path, PolicyTree tree) {
        if (tree instanceof Section section) {
            return new PolicySection(file, path, section);
        }
        throw new PolicyException(
                file,
                tree.at().line(),
                tree.at().column(),
                (path.isEmpty() ? "a policy" : path) + " must be a section of keys and values");
    }

    PolicySection section(String key) {
        return of(file, pathOf(key), required(key).value());
    }

    @Nullable PolicySection optionalSection(String key) {
        Entry entry = optional(key);
        return entry == null ? null : of(file, pathOf(key), entry.value());
    }

    List<PolicySection> optionalSections(String key) {
        Entry entry = optional(key);
        List<PolicySection> sections = new ArrayList<>();
        if (entry != null) {
            for (PolicyTree item : items(key, entry).items()) {
                sections.add(of(file, pathOf(key) + "[" + sections.size() + "]", item));
            }
        }
        return sections;
    }

    String text(String key) {
        return scalar(key, required(key)).text();
    }

    List<String> optionalTexts(String key) {
        Entry entry = optional(key);
        List<String> texts = new ArrayList<>();
        if (entry != null) {
            for (PolicyTree item : items(key, entry).items()) {
                texts.add(scalar(key, new Entry(item, item.at())).text());
            }
            if (texts.isEmpty()) {
                throw wrong(entry.value().at(), key, "must name at least one");
            }
        }
        return texts;
    }

    @Nullable Pattern optionalPattern(String key) {
        Entry entry = optional(key);
        if (entry == null) {
            return null;
        }
        Scalar scalar = scalar(key, entry);
        try {
            return Pattern.compile(scalar.text());
        } catch (PatternSyntaxException e) {
            throw wrong(scalar.at(), key, "is no regular expression: " + OneLine.of(e.getDescription()));
        }
    }

    BigDecimal decimal(String key) {
        return decimal(key, scalar(key, required(key)));
    }

    double number(String key) {
        return decimal(key).doubleValue();
    }

    int integer(String key) {
        return integer(key, scalar(key, required(key)));
    }

    int integer(String key, int otherwise) {
        Entry entry = optional(key);
        return entry == null ? otherwise : integer(key, scalar(key, entry));
    }

    @Nullable Integer optionalInteger(String key) {
        Entry entry = optional(key);
        return entry == null ? null : Integer.valueOf(integer(key, scalar(key, entry)));
    }

    boolean flag(String key, boolean otherwise) {
        Entry entry = optional(key);
        if (entry == null) {
            return otherwise;
        }
        Scalar scalar = scalar(key, entry);
        return switch (scalar.text()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(scalar.at(), key, "must be true or false but is " + shown(scalar));
        };
    }

    Duration duration(String key, Duration otherwise) {
        Duration duration = optionalDuration(key);
        return duration == null ? otherwise : duration;
    }

    @Nullable Duration optionalDuration(String key) {
        Entry entry = optional(key);
        if (entry == null) {
            return null;
        }
        Scalar scalar = scalar(key, entry);
        Duration duration = DurationText.parse(scalar.text());
        if (duration == null) {
            throw wrong(scalar.at(), key, "must be a duration like 500ms, 30s, 5m, 2h or 1d but is " + shown(scalar));
        }
        return duration;
    }

    <E extends Enum<E>> E choice(String key, Class<E> type) {
        return choice(key, type, scalar(key, required(key)));
    }

    <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
        Entry entry = optional(key);
        return entry == null ? otherwise : choice(key, type, scalar(key, entry));
    }

    /** Complains about unknown keys, then builds; an impossible value is reported where it stands. */
    <T> T build(Supplier<T> builder) {
        section.entries().forEach((key, entry) -> {
            if (!known.contains(key)) {
                throw unknown(key, entry.keyAt());
            }
        });
        try {
            return builder.get();
        } catch (ImpossibleValue e) {
            Entry entry = section.entries().get(e.key());
            throw wrong(entry == null ? section.at() : entry.value().at(), e.key(), e.what());
        }
    }

    private PolicyException unknown(String key, At at) {
        String nearest = Nearest.of(key, known);
        return error(
                at,
                "unknown key " + pathOf(key) + (nearest == null ? "" : "; did you mean " + nearest + "?")
                        + " (known here: "
                        + String.join(", ", known) + ")");
    }

    private Entry required(String key) {
        Entry entry = optional(key);
        if (entry == null) {
            // an unknown key beside a missing one is most often the missing one misspelt
            section.entries().forEach((other, found) -> {
                if (!known.contains(other) && key.equals(Nearest.of(other, List.of(key), TYPO))) {
                    throw error(found.keyAt(), "unknown key " + pathOf(other) + "; did you mean " + key + "?");
                }
            });
            throw error(section.at(), pathOf(key) + " is missing");
        }
        return entry;
    }

    private @Nullable Entry optional(String key) {
        known.add(key);
        return section.entries().get(key);
    }

    private Scalar scalar(String key, Entry entry) {
        if (entry.value() instanceof Scalar scalar && !scalar.isNull()) {
            return scalar;
        }
        throw wrong(entry.value().at(), key, "must be a single value");
    }

    private Items items(String key, Entry entry) {
        if (entry.value() instanceof Items items) {
            return items;
        }
        throw wrong(entry.value().at(), key, "must be a list");
    }

    private BigDecimal decimal(String key, Scalar scalar) {
        try {
            return new BigDecimal(scalar.text());
        } catch (NumberFormatException e) {
            throw wrong(scalar.at(), key, "must be a number but is " + shown(scalar));
        }
    }

    private int integer(String key, Scalar scalar) {
        try {
            return Integer.parseInt(scalar.text());
        } catch (NumberFormatException e) {
            throw wrong(scalar.at(), key, "must be a whole number but is " + shown(scalar));
        }
    }

    private <E extends Enum<E>> E choice(String key, Class<E> type, Scalar scalar) {
        List<String> names = Stream.of(type.getEnumConstants()).map(PolicySection::kebab).toList();
        int index = names.indexOf(scalar.text());
        if (index < 0) {
            String nearest = Nearest.of(scalar.text(), names);
            throw wrong(
                    scalar.at(),
                    key,
                    "must be " + names.stream().collect(Collectors.joining(" or ")) + " but is " + shown(scalar)
                            + (nearest == null ? "" : "; did you mean " + nearest + "?"));
        }
        return type.getEnumConstants()[index];
    }

    private static String kebab(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String shown(Scalar scalar) {
        return "\"" + OneLine.of(scalar.text()) + "\"";
    }

    private PolicyException wrong(At at, String key, String what) {
        return error(at, pathOf(key) + " " + what);
    }

    private PolicyException error(At at, String what) {
        return new PolicyException(file, at.line(), at.column(), what);
    }

    private String pathOf(String key) {
        return path.isEmpty() || path.endsWith("." + key) ? (path.isEmpty() ? key : path) : path + "." + key;
    }
}
