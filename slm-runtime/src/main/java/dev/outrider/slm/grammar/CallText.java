package dev.outrider.slm.grammar;

import static dev.outrider.slm.grammar.Expression.choice;
import static dev.outrider.slm.grammar.Expression.literal;
import static dev.outrider.slm.grammar.Expression.sequence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import dev.outrider.slm.chat.CallSyntax;
import dev.outrider.slm.tokenizer.TokenType;
import dev.outrider.slm.tokenizer.Tokenizer;

/** How a model writes calls and ends answers, in the tokens of its vocabulary. Immutable. */
public final class CallText {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final CallSyntax.Form form;
    private final Layout layout;
    private final PropertyOrder order;
    private final Expression open;
    private final Expression close;
    private final Expression between;
    private final Expression end;

    /**
     * The text of a format.
     *
     * @param syntax of its calls
     * @param layout blanks in its JSON
     * @param order of the arguments
     * @param ends tokens that end an answer
     */
    public CallText(CallSyntax syntax, Layout layout, PropertyOrder order, Set<Integer> ends, Tokenizer tokenizer) {
        this.form = syntax.form();
        this.layout = layout;
        this.order = order;
        open = written(syntax.open(), tokenizer);
        close = written(syntax.close(), tokenizer);
        between = written(syntax.between(), tokenizer);
        end = choice(ends.stream().sorted().map(Expression::token).toList());
    }

    /** Markers are tokens where the vocabulary has them; what stands around them is text. */
    private static Expression written(String text, Tokenizer tokenizer) {
        List<Expression> parts = new ArrayList<>();
        for (int id : tokenizer.encodeWithSpecialTokens(text)) {
            if (tokenizer.type(id) == TokenType.NORMAL || tokenizer.type(id) == TokenType.BYTE) {
                for (byte value : tokenizer.bytes(id)) {
                    parts.add(Expression.bytes(ByteSet.of(value & 0xFF)));
                }
            } else {
                parts.add(Expression.token(id));
            }
        }
        return sequence(parts);
    }

    Layout layout() {
        return layout;
    }

    PropertyOrder order() {
        return order;
    }

    boolean isList() {
        return form == CallSyntax.Form.JSON_LIST;
    }

    Expression open() {
        return open;
    }

    Expression close() {
        return close;
    }

    Expression between() {
        return between;
    }

    /** One of the tokens that end an answer. */
    Expression end() {
        return end;
    }

    /** One call without its markers. */
    Expression call(ToolSpecification tool) {
        ObjectNode parameters = parameters(tool);
        try {
            return form == CallSyntax.Form.XML ? xml(tool, parameters) : json(tool, arguments(parameters));
        } catch (GrammarException e) {
            // the schema cannot be a grammar: any object, which is checked once it is written
            return json(tool, new JsonText.AnyValue(layout).object());
        }
    }

    /** Tools take the arguments that they declare and no others. */
    private static ObjectNode parameters(ToolSpecification tool) {
        try {
            JsonNode parameters = JSON.readTree(tool.toJson()).path("parameters");
            ObjectNode copy = parameters instanceof ObjectNode object ? object.deepCopy() : JSON.createObjectNode();
            copy.remove("additionalProperties");
            return copy;
        } catch (JsonProcessingException e) {
            throw new GrammarException("the schema of tool " + tool.name() + " is no JSON: " + e.getOriginalMessage());
        }
    }

    private Expression arguments(ObjectNode parameters) {
        return parameters.path("properties").isEmpty()
                ? literal("{}")
                : new JsonSchemaGrammar(layout, order).expression(parameters);
    }

    private Expression json(ToolSpecification tool, Expression arguments) {
        return sequence(
                literal("{\"name\""), layout.colon(), literal(quoted(tool.name())),
                layout.comma(), literal("\"arguments\""), layout.colon(), arguments, literal("}"));
    }

    private Expression xml(ToolSpecification tool, ObjectNode parameters) {
        return sequence(
                literal("<function=" + tool.name() + ">\n"),
                new XmlArguments(parameters, order).expression(),
                literal("</function>"));
    }

    private static String quoted(String name) {
        try {
            return JSON.writeValueAsString(name);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a name that cannot be written as JSON: " + name, e);
        }
    }
}
