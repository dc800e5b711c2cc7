package dev.outrider.slm.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.StreamSupport;

/**
 * Makes JSON values of arguments that a model wrote as bare text, by the types that the tool's schema allows. What fits none of them stays a
 * text: the check of the arguments will say so, and a guess here could hide it.
 */
final class ArgumentValues {

    private static final int DEEPEST = 8;

    private final JsonNode schema;

    private ArgumentValues(JsonNode schema) {
        this.schema = schema;
    }

    static ArgumentValues of(String tool, List<ToolSpecification> tools) {
        return new ArgumentValues(tools.stream()
                .filter(offered -> offered.name().equals(tool))
                .findFirst()
                .<JsonNode>map(TemplateJson::parameters)
                .orElseGet(TemplateJson.JSON::createObjectNode));
    }

    /** The value of one argument. */
    JsonNode read(String key, String text) {
        Set<String> types = new LinkedHashSet<>();
        collect(schema.path("properties").path(key), types, 0);
        String bare = text.strip();
        if (types.contains("boolean") && (bare.equalsIgnoreCase("true") || bare.equalsIgnoreCase("false"))) {
            return JsonNodeFactory.instance.booleanNode(bare.toLowerCase(Locale.ROOT).equals("true"));
        }
        if (types.contains("null") && (bare.equals("null") || bare.equals("None"))) {
            return JsonNodeFactory.instance.nullNode();
        }
        if (types.contains("integer") || types.contains("number") || types.contains("array") || types.contains("object")) {
            try {
                JsonNode value = TemplateJson.JSON.readTree(bare);
                if (fits(value, types)) {
                    return value;
                }
            } catch (JsonProcessingException e) {
                return JsonNodeFactory.instance.textNode(text);
            }
        }
        return JsonNodeFactory.instance.textNode(text);
    }

    private static boolean fits(JsonNode value, Set<String> types) {
        return switch (value.getNodeType()) {
            case NUMBER -> types.contains("number") || types.contains("integer");
            case ARRAY -> types.contains("array");
            case OBJECT -> types.contains("object");
            default -> false;
        };
    }

    /** The types that a schema allows, through references and alternatives. */
    private void collect(JsonNode node, Set<String> types, int depth) {
        if (depth > DEEPEST) {
            return;
        }
        JsonNode type = node.path("type");
        if (type.isTextual()) {
            types.add(type.textValue());
        } else {
            type.forEach(one -> types.add(one.asText()));
        }
        if (!type.isTextual() && !type.isArray() && node.path("enum").isArray()) {
            StreamSupport.stream(node.get("enum").spliterator(), false).forEach(value -> types.add(switch (value.getNodeType()) {
                case NUMBER -> "number";
                case BOOLEAN -> "boolean";
                case NULL -> "null";
                default -> "string";
            }));
        }
        String reference = node.path("$ref").asText("");
        if (reference.startsWith("#/")) {
            collect(schema.at(reference.substring(1)), types, depth + 1);
        }
        for (String alternatives : List.of("anyOf", "oneOf", "allOf")) {
            node.path(alternatives).forEach(one -> collect(one, types, depth + 1));
        }
    }
}
