package dev.outrider.slm.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the JSON of a tool call as models are taught it: compact, arguments in the order of the schema, digits as
 * given.
 */
final class CallJson {

    private static final JsonMapper JSON = JsonMapper.builder(new JsonFactory())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
            .build();

    private CallJson() {}

    /**
     * {@code {"name":…,"arguments":…}}.
     *
     * @param call a call of the conversation so far, perhaps written by another model; arguments that are no JSON
     *     object are shown as they are
     * @param tools the tools offered; gives the order of the arguments
     */
    static String write(ToolExecutionRequest call, List<ToolSpecification> tools) {
        return "{\"name\":" + quoted(call.name()) + ",\"arguments\":" + arguments(call, tools) + "}";
    }

    private static String arguments(ToolExecutionRequest call, List<ToolSpecification> tools) {
        @Nullable String arguments = call.arguments();
        if (arguments == null || arguments.isBlank()) {
            return "{}";
        }
        try {
            JsonNode parsed = JSON.readTree(arguments);
            if (!(parsed instanceof ObjectNode object)) {
                return arguments;
            }
            ObjectNode ordered = JSON.createObjectNode();
            tools.stream()
                    .filter(tool -> tool.name().equals(call.name()) && tool.parameters() != null)
                    .flatMap(tool -> tool.parameters().properties().keySet().stream())
                    .filter(object::has)
                    .forEach(key -> ordered.set(key, object.get(key)));
            object.properties().forEach(entry -> {
                if (!ordered.has(entry.getKey())) {
                    ordered.set(entry.getKey(), entry.getValue());
                }
            });
            return JSON.writeValueAsString(ordered);
        } catch (JsonProcessingException e) {
            return arguments;
        }
    }

    private static String quoted(String text) {
        try {
            return JSON.writeValueAsString(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a string that cannot be written as JSON: " + text, e);
        }
    }
}
