package dev.outrider.tools;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One tool's argument schema, compiled: LangChain4j's {@code JsonObjectSchema} as JSON Schema 2020-12, with
 * {@code additionalProperties} false wherever an object lists its properties and does not say otherwise.
 */
final class ArgumentSchema {

    /** Longer argument texts are refused unread; no tool of a sane agent needs them and parsing them costs memory. */
    static final int MAX_CHARACTERS = 256 * 1024;

    private static final int MAX_DEPTH = 32;

    /** Strict JSON: no NaN, no repeated keys, nothing after the object, decimals kept exact. */
    private static final JsonMapper STRICT = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNumberLength(60)
                            .build())
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private final ObjectNode root;
    private final Schema schema;

    private ArgumentSchema(ObjectNode root) {
        this.root = root;
        this.schema = REGISTRY.getSchema(root);
    }

    static ArgumentSchema compile(ToolSpecification tool) {
        return compile(tool, Map.of());
    }

    /**
     * @param forms by parameter name, the forms that LangChain4j's schema types cannot express
     * @throws IllegalArgumentException if the tool's schema is not a JSON Schema
     */
    static ArgumentSchema compile(ToolSpecification tool, Map<String, Matches> forms) {
        try {
            JsonNode parameters = STRICT.readTree(tool.toJson()).path("parameters");
            ObjectNode root = parameters instanceof ObjectNode object ? object : STRICT.createObjectNode();
            root.put("type", "object");
            if (!root.has("additionalProperties")) {
                root.put("additionalProperties", false);
            }
            closeObjects(root);
            forms.forEach((name, form) -> {
                if (root.path("properties").path(name) instanceof ObjectNode property) {
                    property.put("pattern", "^(?:" + form.value() + ")$");
                    property.putArray("examples").add(form.example());
                }
            });
            ArgumentSchema compiled = new ArgumentSchema(root);
            compiled.schema.initializeValidators();
            return compiled;
        } catch (JsonProcessingException | SchemaException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the parameters of the tool " + tool.name() + " are no JSON Schema: " + Violations.oneLine(e), e);
        }
    }

    /** Unknown keys are a mistake unless the schema welcomes them; combined schemas are left as they are. */
    private static void closeObjects(JsonNode node) {
        if (node instanceof ObjectNode object
                && object.path("properties") instanceof ObjectNode properties
                && !properties.isEmpty()
                && !object.has("additionalProperties")
                && !object.has("allOf")
                && !object.has("patternProperties")
                && !object.has("unevaluatedProperties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(ArgumentSchema::closeObjects);
    }

    /**
     * @param arguments the call's arguments as the model wrote them; nothing at all stands for {@code {}}
     */
    ArgumentCheck check(@Nullable String arguments) {
        if (arguments != null && arguments.length() > MAX_CHARACTERS) {
            return failed("The arguments are " + arguments.length() + " characters long, at most " + MAX_CHARACTERS
                    + " are read.");
        }
        JsonNode value;
        try {
            value = STRICT.readTree(arguments == null || arguments.isBlank() ? "{}" : arguments);
        } catch (JsonProcessingException e) {
            return failed("The arguments are no JSON: " + Violations.jsonFault(e) + ".");
        }
        if (!value.isObject()) {
            return failed("The arguments are " + Violations.kind(value) + ", expected a JSON object.");
        }
        List<String> tooLarge = new ArrayList<>();
        findLargeNumbers("", value, tooLarge);
        if (!tooLarge.isEmpty()) {
            return ArgumentCheck.failed(tooLarge);
        }
        List<Error> errors = schema.validate(value);
        if (errors.isEmpty()) {
            return ArgumentCheck.passed();
        }
        return ArgumentCheck.failed(errors.stream()
                .sorted(Comparator.comparing(error -> String.valueOf(error.getInstanceLocation())))
                .map(error -> Violations.sentence(error, root))
                .distinct()
                .toList());
    }

    /**
     * Numbers that no Java number type of a tool can hold are refused before anything calculates with them:
     * {@code 1e400} would silently become infinite, {@code 1e999999999} would take gigabytes as an integer.
     */
    private static void findLargeNumbers(String path, JsonNode value, List<String> violations) {
        if (value.isNumber()) {
            double magnitude = Math.abs(value.doubleValue());
            if (!(magnitude <= 1e18)) {
                violations.add(Violations.oneLine("Argument '" + path + "' is " + Violations.shown(value)
                        + ", too large; at most 1e18 is allowed."));
            }
        } else if (value.isObject()) {
            value.properties()
                    .forEach(entry -> findLargeNumbers(
                            path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
                            entry.getValue(),
                            violations));
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                findLargeNumbers(path + "[" + i + "]", value.get(i), violations);
            }
        }
    }

    private static ArgumentCheck failed(String violation) {
        return ArgumentCheck.failed(List.of(violation));
    }
}
