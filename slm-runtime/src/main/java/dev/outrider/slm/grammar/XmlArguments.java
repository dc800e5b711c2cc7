package dev.outrider.slm.grammar;

import static dev.outrider.slm.grammar.Expression.bytes;
import static dev.outrider.slm.grammar.Expression.choice;
import static dev.outrider.slm.grammar.Expression.literal;
import static dev.outrider.slm.grammar.Expression.optional;
import static dev.outrider.slm.grammar.Expression.sequence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Arguments as lines: {@code <parameter=KEY>}, the value, {@code </parameter>}. Strings stand there as they are, everything else as JSON.
 * Patterns and lengths of strings are not enforced, and no line of a string begins with {@code </}. The order is the declared one.
 */
final class XmlArguments {

    private final ObjectNode parameters;
    private final PropertyOrder order;

    XmlArguments(ObjectNode parameters, PropertyOrder order) {
        this.parameters = parameters;
        this.order = order;
    }

    Expression expression() {
        Set<String> required = new HashSet<>();
        parameters.path("required").forEach(name -> required.add(name.asText()));
        List<Expression> lines = new ArrayList<>();
        parameters.path("properties").properties().forEach(property -> {
            Expression line = sequence(
                    literal("<parameter=" + property.getKey() + ">\n"), value(property.getValue()), literal("\n</parameter>\n"));
            lines.add(required.contains(property.getKey()) ? line : optional(line));
        });
        return sequence(lines);
    }

    private Expression value(JsonNode schema) {
        JsonNode options = schema.path("enum");
        if (options.isArray() && !options.isEmpty()) {
            List<Expression> each = new ArrayList<>();
            options.forEach(option -> each.add(literal(option.isTextual() ? option.asText() : option.toString())));
            return choice(each);
        }
        String type = schema.path("type").asText("");
        if (!Set.of("integer", "number", "boolean", "null", "array", "object").contains(type)) {
            return text();
        }
        try {
            // references point into the tool's schema
            ObjectNode whole = ((ObjectNode) schema).deepCopy();
            for (String definitions : List.of("$defs", "definitions")) {
                if (parameters.has(definitions)) {
                    whole.set(definitions, parameters.get(definitions));
                }
            }
            return new JsonSchemaGrammar(Layout.SPACED, order).expression(whole);
        } catch (GrammarException e) {
            return new JsonText.AnyValue(Layout.SPACED).value();
        }
    }

    /** Characters, none of them a line break with {@code </} behind it. */
    private static Expression text() {
        Expression other = choice(bytes(ByteSet.range(0x09, 0x7F).minus(ByteSet.of("\n"))), Utf8.range(0x80, Character.MAX_CODE_POINT));
        Expression notLess = choice(
                bytes(ByteSet.range(0x09, 0x7F).minus(ByteSet.of("\n<"))), Utf8.range(0x80, Character.MAX_CODE_POINT));
        Expression notSlash = choice(
                bytes(ByteSet.range(0x09, 0x7F).minus(ByteSet.of("\n/"))), Utf8.range(0x80, Character.MAX_CODE_POINT));
        Expression lineBreaks = Expression.repeat(literal("\n"), 1, Expression.ENDLESS);
        Expression broken = sequence(lineBreaks, choice(notLess, sequence(literal("<"), notSlash)));
        return Expression.many(choice(other, broken));
    }
}
