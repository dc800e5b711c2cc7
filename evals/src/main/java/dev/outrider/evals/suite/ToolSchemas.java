package dev.outrider.evals.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonBooleanSchema;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * JSON Schema of a tool's parameters as LangChain4j types.
 *
 * <p>LangChain4j has classes for the plain types, for enums of strings, arrays and objects. Whatever they cannot hold ({@code default},
 * {@code maximum}, unions of types, enums of numbers, a missing type…) is carried as {@link JsonRawSchema}, which a provider sends as it
 * stands. Annotations ({@code x-…}) are for matchers and never shown to a model.
 */
final class ToolSchemas {

    private static final Set<String> SCALAR = Set.of("type", "description");
    private static final Set<String> ENUM = Set.of("type", "description", "enum");
    private static final Set<String> ARRAY = Set.of("type", "description", "items");
    private static final Set<String> OBJECT = Set.of("type", "description", "properties", "required");
    private static final Set<String> TOP = Set.of("type", "description", "properties", "required", "additionalProperties");
    /** Keywords that constrain nothing: where LangChain4j has no room for them, at the top, they are left out. */
    private static final Set<String> IDLE = Set.of("default", "title", "examples", "$schema", "$id");

    private ToolSchemas() {}

    /**
     * The specification of a tool.
     *
     * @throws IllegalArgumentException when the parameters are no object schema; the message says why
     */
    static ToolSpecification specification(String name, String description, ObjectNode parameters) {
        ObjectNode schema = withoutAnnotations(parameters);
        for (String key : keys(schema)) {
            if (!TOP.contains(key) && !IDLE.contains(key)) {
                throw new IllegalArgumentException("tool " + name + ": keyword \"" + key
                        + "\" beside the parameters' properties cannot be carried; move it into a property");
            }
        }
        if (schema.has("type") && !"object".equals(schema.get("type").asText())) {
            throw new IllegalArgumentException("tool " + name + ": parameters must be of type object");
        }
        return ToolSpecification.builder()
                .name(name)
                .description(description)
                .parameters(object(schema))
                .build();
    }

    private static JsonObjectSchema object(ObjectNode schema) {
        JsonObjectSchema.Builder builder = JsonObjectSchema.builder().description(description(schema));
        if (schema.get("properties") instanceof ObjectNode properties) {
            properties.properties().forEach(p -> builder.addProperty(p.getKey(), element(p.getValue())));
        }
        if (schema.get("required") instanceof ArrayNode required) {
            builder.required(texts(required));
        }
        return builder.build();
    }

    private static JsonSchemaElement element(JsonNode schema) {
        if (!(schema instanceof ObjectNode object) || !object.path("type").isTextual()) {
            return raw(schema);
        }
        List<String> keys = keys(object);
        String description = description(object);
        boolean plain = SCALAR.containsAll(keys);
        return switch (object.path("type").asText()) {
            case "string" -> plain
                    ? JsonStringSchema.builder().description(description).build()
                    : enumOrRaw(object, keys, description);
            case "integer" -> plain ? JsonIntegerSchema.builder().description(description).build() : raw(object);
            case "number" -> plain ? JsonNumberSchema.builder().description(description).build() : raw(object);
            case "boolean" -> plain ? JsonBooleanSchema.builder().description(description).build() : raw(object);
            case "array" -> ARRAY.containsAll(keys) && object.has("items")
                    ? JsonArraySchema.builder().description(description).items(element(object.get("items"))).build()
                    : raw(object);
            case "object" -> OBJECT.containsAll(keys) ? object(object) : raw(object);
            default -> raw(object);
        };
    }

    private static JsonSchemaElement enumOrRaw(ObjectNode schema, List<String> keys, @Nullable String description) {
        return ENUM.containsAll(keys) && schema.get("enum") instanceof ArrayNode values && allTexts(values)
                ? JsonEnumSchema.builder().description(description).enumValues(texts(values)).build()
                : raw(schema);
    }

    private static JsonRawSchema raw(JsonNode schema) {
        return JsonRawSchema.from(Json.write(schema));
    }

    private static ObjectNode withoutAnnotations(ObjectNode schema) {
        return (ObjectNode) strip(schema.deepCopy(), true);
    }

    /** Removes {@code x-…} keys of schemas; the keys of a {@code properties} map are parameter names and stay, whatever they are. */
    private static JsonNode strip(JsonNode node, boolean isSchema) {
        if (node instanceof ObjectNode object) {
            if (isSchema) {
                object.remove(keys(object).stream().filter(k -> k.startsWith("x-")).toList());
            }
            object.properties().forEach(field -> {
                switch (field.getKey()) {
                    case "default", "enum", "const", "examples" -> {
                        if (!isSchema) {
                            strip(field.getValue(), true);
                        }
                    }
                    case "properties" -> strip(field.getValue(), !isSchema);
                    default -> strip(field.getValue(), true);
                }
            });
        } else if (node instanceof ArrayNode array) {
            array.forEach(n -> strip(n, true));
        }
        return node;
    }

    private static @Nullable String description(ObjectNode schema) {
        JsonNode description = schema.get("description");
        return description != null && description.isTextual() ? description.asText() : null;
    }

    private static List<String> keys(ObjectNode node) {
        List<String> keys = new ArrayList<>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    private static boolean allTexts(ArrayNode values) {
        return !values.isEmpty() && StreamSupport.stream(values.spliterator(), false).allMatch(JsonNode::isTextual);
    }

    private static List<String> texts(ArrayNode values) {
        return StreamSupport.stream(values.spliterator(), false).map(JsonNode::asText).toList();
    }
}
