package dev.outrider.slm.grammar;

import static dev.outrider.slm.grammar.Expression.ENDLESS;
import static dev.outrider.slm.grammar.Expression.choice;
import static dev.outrider.slm.grammar.Expression.literal;
import static dev.outrider.slm.grammar.Expression.optional;
import static dev.outrider.slm.grammar.Expression.sequence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * JSON Schema (2020-12) as a grammar. Understood: {@code type} (one or a list), {@code properties}, {@code required}, {@code
 * additionalProperties}, {@code enum}, {@code const}, {@code items}, {@code minItems}, {@code maxItems}, {@code minLength}, {@code
 * maxLength}, {@code pattern}, {@code minimum}, {@code maximum}, {@code exclusiveMinimum}, {@code exclusiveMaximum}, {@code anyOf},
 * {@code oneOf}, {@code $ref} to {@code $defs} or {@code definitions}. Annotations ({@code title}, {@code description}, {@code default},
 * {@code examples}, {@code format}, {@code x-…}) say nothing about the text. Every other keyword is refused, for a mask that
 * overlooks a rule would promise what it does not keep.
 *
 * <p>The language is never larger than the schema's, and in three places smaller: an object with {@code properties} and without
 * {@code additionalProperties} has no others, as tools mean it; numbers have the lengths of {@link JsonText}; a number with bounds
 * has no exponent, and with a negative lower bound no fraction.
 */
final class JsonSchemaGrammar {

    private static final Set<String> ANNOTATIONS = Set.of("title", "description", "default", "examples", "example", "format", "$schema",
            "$id", "$comment", "$defs", "definitions", "deprecated", "readOnly", "writeOnly", "nullable", "optional", "strict");
    private static final Set<String> RULES = Set.of("type", "properties", "required", "additionalProperties", "enum", "const", "items",
            "minItems", "maxItems", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
            "anyOf", "oneOf", "$ref");
    private static final BigDecimal WIDEST = new BigDecimal("999999999999999999");
    private static final int MOST_UNORDERED = 62;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Layout layout;
    private final PropertyOrder order;
    private final JsonText.AnyValue any;
    private final Map<String, Expression> definitions = new HashMap<>();

    JsonSchemaGrammar(Layout layout, PropertyOrder order) {
        this.layout = layout;
        this.order = order;
        this.any = new JsonText.AnyValue(layout);
    }

    /** @throws GrammarException naming the place in the schema */
    Expression expression(JsonNode schema) {
        return value(schema, schema, "#");
    }

    private Expression value(JsonNode schema, JsonNode root, String at) {
        if (schema.isBoolean() && schema.booleanValue() || schema.isObject() && schema.isEmpty()) {
            return any.value();
        }
        if (!schema.isObject()) {
            throw new GrammarException(at + ": a schema is an object or true, not " + schema);
        }
        schema.fieldNames().forEachRemaining(keyword -> {
            if (!RULES.contains(keyword) && !ANNOTATIONS.contains(keyword) && !keyword.startsWith("x-")) {
                throw new GrammarException(at + ": the keyword " + keyword + " cannot be enforced while an answer is written; leave it out"
                        + " of the schema and check it afterwards");
            }
        });
        if (schema.has("$ref")) {
            return reference(schema.get("$ref").asText(), root, at);
        }
        if (schema.has("const")) {
            return literal(text(schema.get("const")));
        }
        if (schema.has("enum")) {
            return enumeration(schema, at);
        }
        for (String union : List.of("anyOf", "oneOf")) {
            if (schema.has(union)) {
                return union(schema.get(union), root, at + "/" + union);
            }
        }
        JsonNode type = schema.path("type");
        if (type.isArray()) {
            List<Expression> options = new ArrayList<>();
            type.forEach(t -> options.add(ofType(t.asText(), schema, root, at)));
            if (options.isEmpty()) {
                throw new GrammarException(at + "/type: names no type");
            }
            return choice(options);
        }
        return type.isMissingNode() ? untyped(schema, root, at) : ofType(type.asText(), schema, root, at);
    }

    /** Without a type, what else it says tells what is meant; nothing means anything. */
    private Expression untyped(JsonNode schema, JsonNode root, String at) {
        if (schema.has("properties") || schema.has("required")) {
            return object(schema, root, at);
        }
        if (schema.has("items")) {
            return array(schema, root, at);
        }
        if (schema.has("pattern") || schema.has("minLength") || schema.has("maxLength")) {
            return string(schema, at);
        }
        return schema.has("minimum") || schema.has("maximum") ? number(schema, false, at) : any.value();
    }

    private Expression ofType(String type, JsonNode schema, JsonNode root, String at) {
        return switch (type) {
            case "object" -> object(schema, root, at);
            case "array" -> array(schema, root, at);
            case "string" -> string(schema, at);
            case "integer" -> number(schema, true, at);
            case "number" -> number(schema, false, at);
            case "boolean" -> JsonText.BOOLEAN;
            case "null" -> JsonText.NULL;
            default -> throw new GrammarException(at + "/type: '" + type
                    + "' is no type of JSON Schema; use object, array, string, integer, number, boolean or null");
        };
    }

    private Expression reference(String pointer, JsonNode root, String at) {
        if (!pointer.startsWith("#")) {
            throw new GrammarException(at + "/$ref: " + pointer + " is not in this schema; only references within it can be followed");
        }
        JsonNode target = root.at(pointer.substring(1));
        if (target.isMissingNode()) {
            throw new GrammarException(at + "/$ref: " + pointer + " leads nowhere");
        }
        Expression known = definitions.get(pointer);
        if (known == null) {
            // put before it is made: a definition may speak of itself, and is then worked out when it is reached
            Expression[] made = new Expression[1];
            definitions.put(pointer, new Expression.Later(1, () -> Objects.requireNonNull(made[0])));
            known = value(target, root, pointer);
            made[0] = known;
            definitions.put(pointer, known);
        }
        return known;
    }

    private Expression enumeration(JsonNode schema, String at) {
        List<Expression> options = new ArrayList<>();
        schema.get("enum").forEach(v -> options.add(literal(text(v))));
        if (options.isEmpty()) {
            throw new GrammarException(at + "/enum: has no values");
        }
        return choice(options);
    }

    private Expression union(JsonNode schemas, JsonNode root, String at) {
        List<Expression> options = new ArrayList<>();
        for (int i = 0; i < schemas.size(); i++) {
            options.add(value(schemas.get(i), root, at + "/" + i));
        }
        if (options.isEmpty()) {
            throw new GrammarException(at + ": has no schemas");
        }
        return choice(options);
    }

    private static Expression string(JsonNode schema, String at) {
        int least = schema.path("minLength").asInt(0);
        int most = schema.path("maxLength").asInt(ENDLESS);
        if (!schema.has("pattern")) {
            if (least > most) {
                throw new GrammarException(at + ": minLength " + least + " is above maxLength " + most);
            }
            return JsonText.string(least, most);
        }
        if (least > 0 || most < ENDLESS) {
            throw new GrammarException(at + ": a pattern and a length together cannot be enforced; put the length into the pattern");
        }
        return sequence(JsonText.QUOTE, new PatternParser(schema.get("pattern").asText(), at + "/pattern").parse(), JsonText.QUOTE);
    }

    private static Expression number(JsonNode schema, boolean whole, String at) {
        boolean below = schema.has("minimum") || schema.has("exclusiveMinimum");
        boolean above = schema.has("maximum") || schema.has("exclusiveMaximum");
        if (!below && !above) {
            return whole ? JsonText.INTEGER : JsonText.NUMBER;
        }
        BigDecimal low = limit(schema, "minimum", "exclusiveMinimum", WIDEST.negate(), RoundingMode.CEILING);
        BigDecimal high = limit(schema, "maximum", "exclusiveMaximum", WIDEST, RoundingMode.FLOOR);
        if (low.compareTo(high) > 0) {
            throw new GrammarException(at + ": no whole number lies between the minimum and the maximum");
        }
        Expression integers = IntegerRange.between(low.longValueExact(), high.longValueExact());
        BigDecimal firstWithFraction = low.max(BigDecimal.ZERO);
        BigDecimal lastWithFraction = high.subtract(BigDecimal.ONE);
        if (whole || firstWithFraction.compareTo(lastWithFraction) > 0) {
            return integers;
        }
        return choice(
                integers,
                sequence(
                        IntegerRange.between(firstWithFraction.longValueExact(), lastWithFraction.longValueExact()),
                        JsonText.FRACTION));
    }

    /** The outermost whole number that a bound allows. */
    private static BigDecimal limit(JsonNode schema, String name, String exclusive, BigDecimal none, RoundingMode rounding) {
        BigDecimal limit = none;
        boolean lower = rounding == RoundingMode.CEILING;
        if (schema.has(name)) {
            limit = schema.get(name).decimalValue().setScale(0, rounding);
        }
        if (schema.path(exclusive).isNumber()) {
            BigDecimal edge = schema.get(exclusive).decimalValue();
            BigDecimal inside = edge.setScale(0, rounding);
            if (inside.compareTo(edge) == 0) {
                inside = lower ? inside.add(BigDecimal.ONE) : inside.subtract(BigDecimal.ONE);
            }
            limit = lower ? limit.max(inside) : limit.min(inside);
        }
        return limit.min(WIDEST).max(WIDEST.negate());
    }

    private Expression array(JsonNode schema, JsonNode root, String at) {
        int least = schema.path("minItems").asInt(0);
        int most = schema.path("maxItems").asInt(ENDLESS);
        if (least > most) {
            throw new GrammarException(at + ": minItems " + least + " is above maxItems " + most);
        }
        if (!schema.has("items") && least == 0 && most == ENDLESS) {
            return any.array();
        }
        Expression element = schema.has("items") ? value(schema.get("items"), root, at + "/items") : any.value();
        return any.list("[", element, "]", least, most);
    }

    private Expression object(JsonNode schema, JsonNode root, String at) {
        JsonNode properties = schema.path("properties");
        JsonNode additional = schema.path("additionalProperties");
        boolean others = additional.isMissingNode() ? properties.isMissingNode() : !additional.isBoolean() || additional.booleanValue();
        List<Member> members = new ArrayList<>();
        Set<String> required = new HashSet<>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        properties.properties().forEach(property -> members.add(new Member(
                sequence(literal(text(JSON.getNodeFactory().textNode(property.getKey()))), layout.colon(),
                        value(property.getValue(), root, at + "/properties/" + property.getKey())),
                required.remove(property.getKey()))));
        if (!required.isEmpty() && !others) {
            throw new GrammarException(at + "/required: " + required.iterator().next() + " is not among the properties");
        }
        for (String name : required) {
            members.add(new Member(
                    sequence(literal(text(JSON.getNodeFactory().textNode(name))), layout.colon(), any.value()), true));
        }
        if (members.isEmpty()) {
            return others ? any.object() : literal("{}");
        }
        Expression rest = Expression.EMPTY;
        if (others) {
            Expression value = additional.isObject() ? value(additional, root, at + "/additionalProperties") : any.value();
            Expression other = sequence(new OtherKeys(properties).key(), layout.colon(), value);
            rest = Expression.many(sequence(layout.comma(), other));
            boolean allOptional = members.stream().noneMatch(Member::required);
            Expression onlyOthers = allOptional ? any.list("{", other, "}", 0, ENDLESS) : Expression.EMPTY;
            Expression some = sequence(literal("{"), new Members(members, layout, order, MOST_UNORDERED).some(), rest, literal("}"));
            return allOptional ? choice(some, onlyOthers) : some;
        }
        Members all = new Members(members, layout, order, MOST_UNORDERED);
        boolean mayBeEmpty = members.stream().noneMatch(Member::required);
        return sequence(literal("{"), mayBeEmpty ? optional(all.some()) : all.some(), literal("}"));
    }

    /** A value as JSON writes it without blanks. */
    private static String text(JsonNode value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * A declared property.
     *
     * @param written key, colon and value
     */
    record Member(Expression written, boolean required) {}
}
