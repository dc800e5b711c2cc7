package dev.outrider.slm.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Random;

/** Schemas of every keyword that can be a grammar, and values that fit them. */
public final class RandomSchema {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> NAMES =
            List.of("a", "ab", "abc", "b", "order_id", "order", "größe", "with space", "quote\"d", "x1", "日本");

    private final Random random;

    public RandomSchema(Random random) {
        this.random = random;
    }

    public ObjectNode schema(int depth) {
        ObjectNode schema = JSON.createObjectNode();
        if (random.nextInt(4) == 0) {
            schema.put("description", "says nothing about the text");
        }
        switch (random.nextInt(depth > 0 ? 10 : 7)) {
            case 0 -> string(schema);
            case 1 -> bounds(schema.put("type", "integer"), random.nextInt(2000) - 1000);
            case 2 -> bounds(schema.put("type", "number"), random.nextInt(200) - 100);
            case 3 -> schema.put("type", random.nextBoolean() ? "boolean" : "null");
            case 4 -> {
                ArrayNode values = schema.putArray("enum");
                for (int i = random.nextInt(4); i >= 0; i--) {
                    values.add(random.nextInt(5) == 0 ? JSON.getNodeFactory().numberNode(i) : JSON.getNodeFactory().textNode(word() + i));
                }
            }
            case 5 -> schema.put("const", word());
            case 6 -> schema.putArray("type").add("string").add("integer");
            case 7 -> {
                schema.put("type", "array").set("items", schema(depth - 1));
                if (random.nextBoolean()) {
                    schema.put("minItems", random.nextInt(3));
                    schema.put("maxItems", 2 + random.nextInt(3));
                }
            }
            case 8 -> {
                ArrayNode options = schema.putArray("anyOf");
                options.add(schema(depth - 1));
                options.add(schema(depth - 1));
            }
            default -> object(schema, depth);
        }
        return schema;
    }

    private void string(ObjectNode schema) {
        schema.put("type", "string");
        int least = random.nextInt(4);
        if (random.nextBoolean()) {
            schema.put("minLength", least);
        }
        if (random.nextBoolean()) {
            schema.put("maxLength", least + random.nextInt(6));
        }
    }

    private void bounds(ObjectNode schema, int low) {
        if (random.nextBoolean()) {
            schema.put("minimum", low);
        }
        if (random.nextBoolean()) {
            schema.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", low + 1 + random.nextInt(300));
        }
    }

    private void object(ObjectNode schema, int depth) {
        schema.put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        ArrayNode required = JSON.createArrayNode();
        for (String name : NAMES) {
            if (random.nextInt(3) == 0) {
                properties.set(name, schema(depth - 1));
                if (random.nextBoolean()) {
                    required.add(name);
                }
            }
        }
        if (!required.isEmpty()) {
            schema.set("required", required);
        }
        schema.put("additionalProperties", false);
    }

    /** A value that the schema allows. */
    JsonNode value(JsonNode schema) {
        var nodes = JSON.getNodeFactory();
        if (schema.has("const")) {
            return schema.get("const");
        }
        if (schema.has("enum")) {
            return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
        }
        if (schema.has("anyOf")) {
            return value(schema.get("anyOf").get(random.nextInt(2)));
        }
        String type = schema.get("type").isArray() ? "integer" : schema.get("type").asText();
        return switch (type) {
            case "string" -> {
                int least = schema.path("minLength").asInt(0);
                int most = schema.path("maxLength").asInt(least + 5);
                StringBuilder text = new StringBuilder();
                for (int i = least + random.nextInt(most - least + 1); i > 0; i--) {
                    text.appendCodePoint("ab \"\\\n\u0001äß€日\u007F𝄞".codePoints().toArray()[random.nextInt(13)]);
                }
                yield nodes.textNode(text.toString());
            }
            case "integer", "number" -> {
                int low = schema.path("minimum").asInt(schema.path("maximum").asInt(schema.path("exclusiveMaximum").asInt(50) - 1) - 40);
                int high = schema.has("exclusiveMaximum") ? schema.get("exclusiveMaximum").asInt() - 1 : schema.path("maximum").asInt(low + 40);
                yield nodes.numberNode(low + random.nextInt(high - low + 1));
            }
            case "boolean" -> nodes.booleanNode(random.nextBoolean());
            case "null" -> nodes.nullNode();
            case "array" -> {
                ArrayNode array = nodes.arrayNode();
                int least = schema.path("minItems").asInt(0);
                for (int i = least + random.nextInt(Math.max(1, schema.path("maxItems").asInt(3) - least + 1)); i > 0; i--) {
                    array.add(value(schema.get("items")));
                }
                yield array;
            }
            default -> {
                ObjectNode object = nodes.objectNode();
                List<String> required = JSON.convertValue(schema.path("required").isMissingNode() ? nodes.arrayNode() : schema.get("required"),
                        JSON.getTypeFactory().constructCollectionType(List.class, String.class));
                var names = new java.util.ArrayList<>(schema.get("properties").properties());
                java.util.Collections.shuffle(names, random);
                names.forEach(property -> {
                    if (required.contains(property.getKey()) || random.nextBoolean()) {
                        object.set(property.getKey(), value(property.getValue()));
                    }
                });
                yield object;
            }
        };
    }

    private String word() {
        return NAMES.get(random.nextInt(NAMES.size()));
    }
}
