package dev.outrider.evals.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One JSON object of a suite file, read field by field; every complaint names the place inside the line ({@code messages[2].role}). */
record Fields(String at, ObjectNode node) {

    /** A complaint about a line; the reader adds file and number. */
    static final class Problem extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Problem(String message) {
            super(message);
        }
    }

    static Fields of(String at, @Nullable JsonNode node) {
        if (node instanceof ObjectNode object) {
            return new Fields(at, object);
        }
        throw new Problem((at.isEmpty() ? "the line" : at) + " must be a JSON object" + (node == null ? " and is missing" : ""));
    }

    Problem problem(String key, String what) {
        return new Problem(path(key) + " " + what);
    }

    String path(String key) {
        return at.isEmpty() ? key : at + "." + key;
    }

    /** Refuses keys that nobody reads: a misspelt key must not silently change what a case means. */
    void only(Set<String> known) {
        node.fieldNames().forEachRemaining(key -> {
            if (!known.contains(key)) {
                throw problem(key, "is no known key; known are " + String.join(", ", new TreeSet<>(known)));
            }
        });
    }

    boolean has(String key) {
        return node.hasNonNull(key);
    }

    String text(String key) {
        String text = optionalText(key);
        if (text == null) {
            throw problem(key, "is missing");
        }
        return text;
    }

    String nonBlank(String key) {
        String text = text(key);
        if (text.isBlank()) {
            throw problem(key, "is empty");
        }
        return text;
    }

    @Nullable String optionalText(String key) {
        JsonNode value = node.get(key);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw problem(key, "must be a text but is " + Json.write(value));
        }
        return value.asText();
    }

    boolean flag(String key) {
        JsonNode value = node.get(key);
        if (value == null) {
            return false;
        }
        if (!value.isBoolean()) {
            throw problem(key, "must be true or false but is " + Json.write(value));
        }
        return value.asBoolean();
    }

    ArrayNode list(String key) {
        if (node.get(key) instanceof ArrayNode array) {
            return array;
        }
        throw problem(key, node.has(key) ? "must be a list" : "is missing");
    }

    List<Fields> objects(String key) {
        List<Fields> objects = new ArrayList<>();
        ArrayNode array = list(key);
        for (int i = 0; i < array.size(); i++) {
            objects.add(of(path(key) + "[" + i + "]", array.get(i)));
        }
        return objects;
    }

    List<String> texts(String key) {
        if (!node.has(key)) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode value : list(key)) {
            if (!value.isTextual()) {
                throw problem(key, "must hold texts but holds " + Json.write(value));
            }
            texts.add(value.asText());
        }
        return texts;
    }

    Fields object(String key) {
        return of(path(key), node.get(key));
    }
}
