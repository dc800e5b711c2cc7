package dev.outrider.router.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.outrider.router.internal.DurationText;
import dev.outrider.router.internal.OneLine;

/** The kinds of single values that stand in a policy. */
final class Kinds {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Kinds() {}

    /**
     * A kind of single value.
     *
     * @param words what may stand there
     * @param parser from the text; throws {@link IllegalArgumentException} when it is not of this kind
     * @param possible whether a value of the right form can be
     * @param writer the way back
     */
    private record Single<T>(
            String words, Function<String, T> parser, Predicate<T> possible, Function<T, JsonNode> writer)
            implements Kind<T> {

        @Override
        public T read(Place place) {
            String text = place.text();
            T value;
            try {
                value = parser.apply(text);
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw not(place);
            }
            if (!possible.test(value)) {
                throw not(place);
            }
            return value;
        }

        private PolicyException not(Place place) {
            return place.wrong("must be " + words.replace("`", "") + " but is " + place.shown());
        }

        @Override
        public JsonNode write(T value) {
            return writer.apply(value);
        }
    }

    static Kind<String> text() {
        return new Single<>("a text that is not blank", text -> text, text -> !text.isBlank(), JSON::textNode);
    }

    static Kind<Integer> integer(int least, int most) {
        String range = most == Integer.MAX_VALUE ? "of at least " + least : "from " + least + " to " + most;
        return new Single<>("a whole number " + range, Integer::valueOf, n -> n >= least && n <= most, JSON::numberNode);
    }

    /** A price. */
    static Kind<BigDecimal> aboveZero() {
        return new Single<>("a number above 0", Kinds::decimal, n -> n.signum() > 0, Kinds::plainNumber);
    }

    /** An amount. */
    static Kind<BigDecimal> zeroOrMore() {
        return new Single<>("a number of at least 0", Kinds::decimal, n -> n.signum() >= 0, Kinds::plainNumber);
    }

    private static JsonNode plainNumber(BigDecimal number) {
        // a writer of YAML would give 1E+3 for a thousand
        return DecimalNode.valueOf(number.scale() < 0 ? number.setScale(0) : number);
    }

    /** A number in a closed range. */
    static Kind<Double> number(double least, double most) {
        return new Single<>(
                "a number from " + plain(least) + " to " + plain(most),
                text -> decimal(text).doubleValue(),
                n -> n >= least && n <= most,
                JSON::numberNode);
    }

    static Kind<Double> probability() {
        return new Single<>(
                "a probability between 0 and 1", text -> decimal(text).doubleValue(), p -> p >= 0 && p <= 1,
                JSON::numberNode);
    }

    /** A share that is neither nothing nor everything. */
    static Kind<Double> share() {
        return new Single<>(
                "a number between 0 and 1, neither of them",
                text -> decimal(text).doubleValue(),
                p -> p > 0 && p < 1,
                JSON::numberNode);
    }

    static Kind<Boolean> flag() {
        return new Single<>("`true` or `false`", Kinds::truth, value -> true, JSON::booleanNode);
    }

    static Kind<Duration> duration(Duration least, Duration most) {
        return new Single<>(
                "a duration from " + DurationText.of(least) + " to " + DurationText.of(most)
                        + ", like 500ms, 30s, 5m, 2h or 1d",
                Kinds::parseDuration,
                d -> d.compareTo(least) >= 0 && d.compareTo(most) <= 0,
                d -> JSON.textNode(DurationText.of(d)));
    }

    /** A regular expression, kept as its text. */
    static Kind<String> regex() {
        return new Kind<>() {
            @Override
            public String words() {
                return "a regular expression (java.util.regex)";
            }

            @Override
            public String read(Place place) {
                try {
                    return Pattern.compile(place.text()).pattern();
                } catch (PatternSyntaxException e) {
                    throw place.wrong("is no regular expression: " + OneLine.of(e.getDescription()));
                }
            }

            @Override
            public JsonNode write(String value) {
                return JSON.textNode(value);
            }
        };
    }

    /** One of some words: an enum's constants, {@code SOME_WORD} written {@code some-word}. */
    static <E extends Enum<E>> Kind<E> choice(Class<E> type) {
        List<String> names = Stream.of(type.getEnumConstants()).map(Kinds::kebab).toList();
        return new Kind<>() {
            @Override
            public String words() {
                return names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(" or "));
            }

            @Override
            public E read(Place place) {
                int index = names.indexOf(place.text());
                if (index < 0) {
                    String nearest = Nearest.of(place.text(), names);
                    throw place.wrong("must be " + String.join(" or ", names) + " but is " + place.shown()
                            + (nearest == null ? "" : "; did you mean " + nearest + "?"));
                }
                return type.getEnumConstants()[index];
            }

            @Override
            public JsonNode write(E value) {
                return JSON.textNode(kebab(value));
            }
        };
    }

    /** One value or a list of different ones; at least one. */
    static <T> Kind<List<T>> listOf(Kind<T> kind) {
        return new Kind<>() {
            @Override
            public String words() {
                return kind.words() + ", or a list of them";
            }

            @Override
            public List<T> read(Place place) {
                if (!place.isList()) {
                    return List.of(kind.read(place));
                }
                List<T> values = new ArrayList<>();
                for (Place item : place.items()) {
                    T value = kind.read(item);
                    if (values.contains(value)) {
                        throw item.wrong("names " + item.shown() + " a second time; keep one");
                    }
                    values.add(value);
                }
                if (values.isEmpty()) {
                    throw place.wrong("must name at least one");
                }
                return List.copyOf(values);
            }

            @Override
            public JsonNode write(List<T> values) {
                ArrayNode list = JSON.arrayNode();
                values.forEach(value -> list.add(kind.write(value)));
                return list;
            }
        };
    }

    static <R> Kind<R> section(Shape<R> shape) {
        return new Kind<>() {
            @Override
            public String words() {
                return "a section";
            }

            @Override
            public R read(Place place) {
                return shape.read(place);
            }

            @Override
            public JsonNode write(R value) {
                return shape.write(value);
            }

            @Override
            public Shape<?> inside() {
                return shape;
            }
        };
    }

    /** A list of sections, each with a name of its own. */
    static <R> Kind<List<R>> sections(Shape<R> shape, Function<R, String> name) {
        return new Sections<>(shape, name, false);
    }

    /** One section, or a list of at least one, each with a name of its own. */
    static <R> Kind<List<R>> sectionOrSections(Shape<R> shape, Function<R, String> name) {
        return new Sections<>(shape, name, true);
    }

    private record Sections<R>(Shape<R> shape, Function<R, String> name, boolean oneWillDo) implements Kind<List<R>> {

        @Override
        public String words() {
            return oneWillDo ? "a section, or a list of them" : "a list of sections";
        }

        @Override
        public List<R> read(Place place) {
            if (oneWillDo && !place.isList()) {
                return List.of(shape.read(place));
            }
            List<R> records = new ArrayList<>();
            Set<String> names = new HashSet<>();
            for (Place item : place.items()) {
                R record = shape.read(item);
                if (!names.add(name.apply(record))) {
                    throw item.wrong("has the name " + name.apply(record) + ", which stands here a second time; give it"
                            + " another one");
                }
                records.add(record);
            }
            if (oneWillDo && records.isEmpty()) {
                throw place.wrong("must name at least one");
            }
            return List.copyOf(records);
        }

        @Override
        public JsonNode write(List<R> records) {
            if (oneWillDo && records.size() == 1) {
                return shape.write(records.getFirst());
            }
            ArrayNode list = JSON.arrayNode();
            records.forEach(record -> list.add(shape.write(record)));
            return list;
        }

        @Override
        public Shape<?> inside() {
            return shape;
        }
    }

    static String kebab(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static BigDecimal decimal(String text) {
        BigDecimal number = new BigDecimal(text);
        if (number.precision() > 30 || Math.abs(number.scale()) > 30) {
            throw new NumberFormatException("out of all proportion");
        }
        return number;
    }

    private static Boolean truth(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static Duration parseDuration(String text) {
        Duration duration = DurationText.parse(text);
        if (duration == null) {
            throw new IllegalArgumentException(text);
        }
        return duration;
    }

    private static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }
}
