package dev.outrider.router.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.ImpossibleValue;
import dev.outrider.router.policy.PolicyTree.At;
import dev.outrider.router.policy.PolicyTree.Entry;
import dev.outrider.router.policy.PolicyTree.Section;

/**
 * A section of the policy file: its settings, and the record that they make.
 *
 * @param <R> the record
 */
final class Shape<R> {

    private final String doc;
    private final List<Knob<R, ?>> knobs;
    private final Function<Values, R> maker;

    private Shape(String doc, Function<Values, R> maker, List<Knob<R, ?>> knobs) {
        this.doc = doc;
        this.maker = maker;
        this.knobs = knobs;
    }

    /**
     * A section.
     *
     * @param doc paragraphs for the reference page, Markdown
     * @param maker makes the record; may throw {@link IllegalArgumentException} when its parts do not fit together
     */
    @SafeVarargs
    @SuppressWarnings("varargs") // the list of knobs is copied and never written to
    static <R> Shape<R> of(String doc, Function<Values, R> maker, Knob<R, ?>... knobs) {
        return new Shape<>(doc, maker, List.of(knobs));
    }

    String doc() {
        return doc;
    }

    List<Knob<R, ?>> knobs() {
        return knobs;
    }

    /** What holds when the section is absent or empty. */
    R defaults() {
        return read(new Place("defaults", "", new Section(Map.of(), new At(0, 0))));
    }

    /**
     * Reads a section.
     *
     * @throws PolicyException when a key is unknown, missing or holds something impossible
     */
    R read(Place place) {
        Map<String, Entry> entries = place.section().entries();
        entries.forEach((key, entry) -> {
            if (knobs.stream().noneMatch(knob -> knob.key().equals(key))) {
                throw unknown(place, key, entry.keyAt());
            }
        });
        Values values = new Values();
        for (Knob<R, ?> knob : knobs) {
            readInto(values, knob, place, entries.get(knob.key()));
        }
        try {
            return maker.apply(values);
        } catch (IllegalArgumentException e) {
            throw impossible(place, e);
        }
    }

    private static <T> void readInto(Values values, Knob<?, T> knob, Place place, @Nullable Entry entry) {
        if (entry != null) {
            values.put(knob, knob.kind().read(place.child(knob.key(), entry)));
        } else if (knob.required()) {
            throw place.at(place.tree().at(), place.pathOf(knob.key()) + " is missing: " + firstSentence(knob.doc()));
        } else if (knob.otherwise() != null) {
            values.put(knob, knob.otherwise());
        }
    }

    /** The section as it would stand in a file, every setting spelled out. */
    ObjectNode write(R record) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        for (Knob<R, ?> knob : knobs) {
            writeInto(node, knob, record);
        }
        return node;
    }

    private <T> void writeInto(ObjectNode node, Knob<R, T> knob, R record) {
        T value = knob.in(record);
        if (value == null) {
            return;
        }
        JsonNode written = knob.kind().write(value);
        if (!(written.isArray() && written.isEmpty())) {
            // a list that names nothing is one that is not there
            node.set(knob.key(), written);
        }
    }

    private PolicyException unknown(Place place, String key, At at) {
        List<String> known = knobs.stream().map(Knob::key).toList();
        String nearest = Nearest.of(key, known);
        String elsewhere = nearest == null ? PolicyKnobs.pathOf(key) : null;
        return place.at(
                at,
                "unknown key " + place.pathOf(key) + (nearest == null ? "" : "; did you mean " + nearest + "?")
                        + (elsewhere == null ? "" : "; did you mean " + elsewhere + "?")
                        + " (known here: " + String.join(", ", known) + ")");
    }

    /** Points to the setting that is to blame, when the exception or its first word names one. */
    private PolicyException impossible(Place place, IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        String word = e instanceof ImpossibleValue value ? value.key() : kebab(message.split("[ :=]", 2)[0]);
        Entry entry = place.section().entries().get(word);
        String what = e instanceof ImpossibleValue value ? value.what() : afterFirstWord(message);
        return entry == null
                ? place.wrong(e instanceof ImpossibleValue ? word + " " + what : "cannot be: " + message)
                : place.child(word, entry).wrong(what);
    }

    private static String afterFirstWord(String message) {
        int blank = message.indexOf(' ');
        return blank < 0 ? message : message.substring(blank + 1);
    }

    private static String kebab(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }

    private static String firstSentence(String doc) {
        int end = doc.indexOf(". ");
        String sentence = end < 0 ? doc : doc.substring(0, end);
        return (sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence).lines()
                .collect(Collectors.joining(" "));
    }
}
