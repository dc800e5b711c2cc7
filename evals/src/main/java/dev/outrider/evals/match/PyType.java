package dev.outrider.evals.match;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The Python types that BFCL's checker tells apart, of JSON values and of its type names. */
enum PyType {
    STR,
    INT,
    FLOAT,
    BOOL,
    LIST,
    DICT,
    NONE;

    private static final Map<String, PyType> BFCL = Map.ofEntries(
            Map.entry("string", STR),
            Map.entry("String", STR),
            Map.entry("char", STR),
            Map.entry("any", STR),
            Map.entry("integer", INT),
            Map.entry("long", INT),
            Map.entry("float", FLOAT),
            Map.entry("double", FLOAT),
            Map.entry("boolean", BOOL),
            Map.entry("Boolean", BOOL),
            Map.entry("array", LIST),
            Map.entry("Array", LIST),
            Map.entry("ArrayList", LIST),
            Map.entry("tuple", LIST),
            Map.entry("dict", DICT),
            Map.entry("HashMap", DICT));

    private static final Set<String> JAVA_LISTS = Set.of("ArrayList", "Array");

    /** JSON Schema's names, for suites without BFCL's; no type at all is BFCL's {@code any}, a string. */
    private static final Map<String, PyType> JSON_SCHEMA = Map.of(
            "string", STR, "integer", INT, "number", FLOAT, "boolean", BOOL, "array", LIST, "object", DICT, "null", NONE);

    /** The type of a value. 5 is an int and 5.0 a float; true is no int. */
    static PyType of(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> STR;
            case NUMBER -> value.isIntegralNumber() ? INT : FLOAT;
            case BOOLEAN -> BOOL;
            case ARRAY -> LIST;
            case OBJECT, POJO -> DICT;
            case NULL, MISSING, BINARY -> NONE;
        };
    }

    /** The declared type of a schema: {@code x-bfcl-type} where given, {@code type} otherwise. */
    static PyType declared(JsonNode schema) {
        JsonNode bfcl = schema.get("x-bfcl-type");
        PyType type = bfcl != null ? BFCL.get(bfcl.asText()) : JSON_SCHEMA.get(schema.path("type").asText());
        return type == null ? STR : type;
    }

    /**
     * The declared type of a list's elements, or null where nothing is declared. Java's and JavaScript's lists of {@code any} hold
     * mixed types, which BFCL's rules for Python do not know: nothing is declared there either.
     */
    static @Nullable PyType declaredItems(JsonNode schema) {
        JsonNode items = schema.get("items");
        if (items == null || !(items.has("x-bfcl-type") || items.has("type"))) {
            return null;
        }
        boolean mixed = JAVA_LISTS.contains(schema.path("x-bfcl-type").asText())
                && items.path("x-bfcl-type").asText().equals("any");
        return mixed ? null : declared(items);
    }
}
