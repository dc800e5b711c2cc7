package dev.outrider.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.networknt.schema.Error;
import com.networknt.schema.path.NodePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Puts what is wrong with a call into one sentence in one line: where, what was given, what is allowed. */
final class Violations {

    private static final int MAX_SHOWN = 60;
    private static final int MAX_LINE = 300;

    private Violations() {}

    /**
     * @param root the tool's whole schema, for the lists of names that the error itself does not carry
     */
    static String sentence(Error error, JsonNode root) {
        String where = path(error.getInstanceLocation());
        JsonNode given = error.getInstanceNode();
        JsonNode rule = error.getSchemaNode();
        // names come from the model and may hold anything, line ends too
        return oneLine(switch (error.getKeyword()) {
            case "required" -> "Argument '" + join(where, error.getProperty()) + "' is missing.";
            case "additionalProperties" -> unknown(where, String.valueOf(error.getProperty()), root);
            case "type" -> subject(where) + " is " + described(given) + ", expected " + expectedType(rule) + ".";
            case "enum" -> subject(where) + " is " + described(given) + ", allowed are " + listed(rule) + ".";
            case "pattern" -> subject(where) + " is " + described(given) + ", expected the form "
                    + form(error, root) + ".";
            default -> subject(where) + ": " + error.getMessage() + ".";
        });
    }

    private static String subject(String where) {
        return where.isEmpty() ? "The arguments object" : "Argument '" + where + "'";
    }

    private static String unknown(String where, String name, JsonNode root) {
        String sentence = "Argument '" + join(where, name) + "' is unknown";
        if (!where.isEmpty()) {
            return sentence + ".";
        }
        String known = String.join(", ", names(root.path("properties")));
        return sentence + (known.isEmpty() ? "; the tool takes no arguments." : "; known are " + known + ".");
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String form(Error error, JsonNode root) {
        NodePath location = error.getInstanceLocation();
        JsonNode property = location.getNameCount() == 1
                ? root.path("properties").path(location.getName(0))
                : root.path("none");
        JsonNode example = property.path("examples").path(0);
        return example.isTextual() ? example.textValue() : error.getSchemaNode().asText();
    }

    private static String expectedType(@Nullable JsonNode rule) {
        if (rule == null) {
            return "another type";
        }
        if (rule.isArray()) {
            List<String> types = new ArrayList<>();
            rule.forEach(type -> types.add(article(type.asText())));
            return String.join(" or ", types);
        }
        return article(rule.asText());
    }

    private static String article(String type) {
        return switch (type) {
            case "null" -> "null";
            case "object", "array", "integer" -> "an " + type;
            default -> "a " + type;
        };
    }

    private static String listed(@Nullable JsonNode values) {
        List<String> texts = new ArrayList<>();
        if (values != null) {
            values.forEach(value -> texts.add(value.isTextual() ? value.textValue() : value.toString()));
        }
        return String.join(", ", texts);
    }

    /** A value with its type where the type is the point: {@code the string "3"}, {@code null}. */
    private static String described(@Nullable JsonNode value) {
        if (value == null) {
            return "something else";
        }
        return switch (value.getNodeType()) {
            case NULL -> "null";
            case STRING -> "the string " + shown(value);
            case NUMBER -> "the number " + shown(value);
            case BOOLEAN -> shown(value);
            default -> kind(value);
        };
    }

    static String kind(JsonNode value) {
        JsonNodeType type = value.getNodeType();
        return type == JsonNodeType.MISSING ? "empty" : article(type.name().toLowerCase(Locale.ROOT));
    }

    static String shown(JsonNode value) {
        String text = value.toString();
        return oneLine(text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…");
    }

    static String shown(@Nullable String text) {
        if (text == null) {
            return "null";
        }
        return "\"" + oneLine(text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…") + "\"";
    }

    /** Jackson's complaint without its view of the source and its class names. */
    static String jsonFault(JsonProcessingException e) {
        String fault = oneLine(e.getOriginalMessage());
        return e.getLocation() == null
                ? fault
                : fault + " (column " + e.getLocation().getColumnNr() + ")";
    }

    /** What went wrong, in one line, even when the exception has nothing to say. */
    static String oneLine(Throwable problem) {
        String message = problem.getMessage();
        return message == null || message.isBlank() ? problem.getClass().getSimpleName() : oneLine(message);
    }

    static String oneLine(String text) {
        String line = text.replaceAll("[\\s\\p{Cntrl}\\u2028\\u2029]+", " ").strip();
        return line.length() <= MAX_LINE ? line : line.substring(0, MAX_LINE - 1) + "…";
    }

    private static String path(@Nullable NodePath location) {
        StringBuilder path = new StringBuilder();
        int names = location == null ? 0 : location.getNameCount();
        for (int i = 0; i < names; i++) {
            Object element = location == null ? "" : location.getElement(i);
            if (element instanceof Integer index) {
                path.append('[').append(index).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(element);
            }
        }
        return path.toString();
    }

    private static String join(String where, @Nullable String name) {
        return where.isEmpty() ? String.valueOf(name) : where + "." + name;
    }
}
