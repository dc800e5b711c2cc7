package dev.outrider.slm.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonBooleanSchema;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNullSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonReferenceSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * A tool as one short line: {@code refund_order(order_id, amount:number, reason?=damaged|late)}. Parameters in schema
 * order; {@code ?} marks an optional one, {@code =a|b} the values of an enumeration, {@code :type} a type other than
 * string. Descriptions are left out: a small model learns the tools' meaning in training, and every token of a prompt
 * costs time.
 */
final class ToolSignature {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ANY = ":object";

    private ToolSignature() {}

    static String of(ToolSpecification tool) {
        JsonObjectSchema schema = tool.parameters();
        if (schema == null) {
            return tool.name() + "()";
        }
        return schema.properties().entrySet().stream()
                .map(property -> property.getKey()
                        + (schema.required() != null && schema.required().contains(property.getKey()) ? "" : "?")
                        + mark(property.getValue(), schema.definitions()))
                .collect(Collectors.joining(", ", tool.name() + "(", ")"));
    }

    private static String mark(JsonSchemaElement element, Map<String, JsonSchemaElement> definitions) {
        return switch (element) {
            case JsonEnumSchema choice -> "=" + String.join("|", choice.enumValues());
            case JsonIntegerSchema _ -> ":integer";
            case JsonNumberSchema _ -> ":number";
            case JsonBooleanSchema _ -> ":boolean";
            case JsonArraySchema _ -> ":array";
            case JsonObjectSchema _ -> ":object";
            case JsonReferenceSchema reference -> {
                JsonSchemaElement target = definitions == null ? null : definitions.get(reference.reference());
                yield target == null || target instanceof JsonReferenceSchema ? ANY : mark(target, definitions);
            }
            case JsonAnyOfSchema any ->
                any.anyOf().stream()
                        .filter(option -> !(option instanceof JsonNullSchema))
                        .findFirst()
                        .map(option -> mark(option, definitions))
                        .orElse(ANY);
            case JsonRawSchema raw -> rawMark(raw.schema());
            default -> "";
        };
    }

    private static String rawMark(String schema) {
        try {
            JsonNode node = JSON.readTree(schema);
            if (node.path("enum").isArray()) {
                return StreamSupport.stream(node.get("enum").spliterator(), false)
                        .map(JsonNode::asText)
                        .collect(Collectors.joining("|", "=", ""));
            }
            String type = node.path("type").asText("object");
            return type.equals("string") ? "" : ":" + type;
        } catch (JsonProcessingException e) {
            return ANY; // what the schema means is for the check of the arguments; the model only needs a hint
        }
    }
}
