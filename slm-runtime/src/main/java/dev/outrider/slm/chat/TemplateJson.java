package dev.outrider.slm.chat;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** JSON as the templates of models at large write it: a blank behind every colon and comma, as Python's {@code json.dumps} does. */
final class TemplateJson {

    static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .enable(com.fasterxml.jackson.core.StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
            .build();

    private static final ObjectWriter SPACED = JSON.writer(new Spaced());

    private TemplateJson() {}

    private static final class Spaced extends MinimalPrettyPrinter {

        private static final long serialVersionUID = 1L;

        @Override
        public void writeObjectFieldValueSeparator(JsonGenerator out) throws IOException {
            out.writeRaw(": ");
        }

        @Override
        public void writeObjectEntrySeparator(JsonGenerator out) throws IOException {
            out.writeRaw(", ");
        }

        @Override
        public void writeArrayValueSeparator(JsonGenerator out) throws IOException {
            out.writeRaw(", ");
        }
    }

    static String write(JsonNode node) {
        try {
            return SPACED.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that cannot be written as JSON", e);
        }
    }

    /** {@code {"name": …, "description": …, "parameters": …}}. */
    static ObjectNode function(ToolSpecification tool) {
        ObjectNode function = JSON.createObjectNode().put("name", tool.name());
        if (tool.description() != null) {
            function.put("description", tool.description());
        }
        function.set("parameters", parameters(tool));
        return function;
    }

    /** The JSON schema of a tool's arguments. */
    static ObjectNode parameters(ToolSpecification tool) {
        return tool.parameters() == null
                ? JSON.createObjectNode().put("type", "object").set("properties", JSON.createObjectNode())
                : JSON.valueToTree(JsonSchemaElementUtils.toMap(tool.parameters()));
    }

    /** The arguments of a call of the conversation so far as an object, or null when they are none: another model may have written them. */
    static @Nullable ObjectNode arguments(ToolExecutionRequest call) {
        String text = call.arguments();
        if (text == null || text.isBlank()) {
            return JSON.createObjectNode();
        }
        try {
            return JSON.readTree(text) instanceof ObjectNode object ? object : null;
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    /** {@code {"name": "…", "arguments": {…}}}; arguments that are no JSON object are shown as they are. */
    static String call(ToolExecutionRequest call) {
        ObjectNode arguments = arguments(call);
        return "{\"name\": " + write(JSON.getNodeFactory().textNode(call.name())) + ", \"arguments\": "
                + (arguments == null ? call.arguments() : write(arguments)) + "}";
    }
}
