package dev.outrider.evals.suite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** The one way this module reads and writes JSON: a key given twice or text after the end is an error, 5 and 5.0 stay apart. */
public final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /**
     * Reads one value.
     *
     * @throws JsonProcessingException when the text is no JSON
     */
    public static JsonNode read(String text) throws JsonProcessingException {
        JsonNode node = MAPPER.readTree(text);
        return node == null || node.isMissingNode() ? JsonNodeFactory.instance.nullNode() : node;
    }

    /** The object that {@code text} spells, or null when it is no JSON object. */
    public static @Nullable ObjectNode readObject(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return read(text) instanceof ObjectNode object ? object : null;
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    /** Compact JSON. */
    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not expressible as JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** JSON with line breaks, for people. */
    public static String writePretty(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not expressible as JSON: " + e.getOriginalMessage(), e);
        }
    }

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** One line that says what is wrong with a text that is no JSON. */
    public static String problem(JsonProcessingException e) {
        var at = e.getLocation();
        // where the parser began to read, with its own remark that it hides the text, helps nobody
        String message = e.getOriginalMessage().replaceAll("\\s+", " ").replaceFirst(" \\(start marker at .*$", "");
        return at == null ? message : message + " (column " + at.getColumnNr() + ")";
    }
}
