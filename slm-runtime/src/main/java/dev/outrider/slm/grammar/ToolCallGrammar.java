package dev.outrider.slm.grammar;

import static dev.outrider.slm.grammar.Expression.choice;
import static dev.outrider.slm.grammar.Expression.literal;
import static dev.outrider.slm.grammar.Expression.repeat;
import static dev.outrider.slm.grammar.Expression.sequence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Answers to a request with tools: text, or calls of offered tools with arguments that fit their schemas, each call a JSON object
 * {@code {"name":…,"arguments":{…}}} between two marker tokens, and an end token behind it all.
 */
public final class ToolCallGrammar {

    /** What an answer may be. */
    public enum Answer {
        TEXT,
        CALLS,
        TEXT_OR_CALLS
    }

    /**
     * How a model writes calls.
     *
     * @param call id of the token in front of a call
     * @param callEnd id of the token behind it
     * @param ends ids of the tokens that end an answer
     * @param layout blanks in the JSON
     * @param order order of the arguments
     */
    public record Syntax(int call, int callEnd, Set<Integer> ends, Layout layout, PropertyOrder order) {

        public Syntax {
            ends = Set.copyOf(ends);
        }
    }

    private static final int MOST_CALLS = 16;
    private static final ObjectMapper JSON = new ObjectMapper();

    private ToolCallGrammar() {}

    /**
     * The grammar of an answer.
     *
     * @param tools those on offer; without any, an answer is text
     * @throws GrammarException when a tool's schema uses what cannot be a grammar; it names the tool
     */
    public static Grammar of(List<ToolSpecification> tools, Answer answer, Syntax syntax) {
        Expression end = choice(syntax.ends().stream().sorted().map(Expression::token).toList());
        List<Expression> answers = new ArrayList<>();
        if (answer != Answer.CALLS || tools.isEmpty()) {
            answers.add(sequence(repeat(Utf8.range(0x09, Character.MAX_CODE_POINT), 1, Expression.ENDLESS), end));
        }
        if (answer != Answer.TEXT && !tools.isEmpty()) {
            List<Expression> calls = new ArrayList<>();
            for (ToolSpecification tool : tools) {
                calls.add(call(tool, syntax));
            }
            Expression one = sequence(Expression.token(syntax.call()), choice(calls), Expression.token(syntax.callEnd()));
            answers.add(sequence(repeat(one, 1, MOST_CALLS), end));
        }
        return new Grammar(choice(answers));
    }

    private static Expression call(ToolSpecification tool, Syntax syntax) {
        try {
            JsonNode whole = JSON.readTree(tool.toJson());
            JsonNode parameters = whole.path("parameters");
            Expression arguments = parameters.isObject() && !parameters.path("properties").isEmpty()
                    ? new JsonSchemaGrammar(syntax.layout(), syntax.order()).expression(closed((ObjectNode) parameters))
                    : literal("{}");
            return sequence(
                    literal("{\"name\""), syntax.layout().colon(), literal(JSON.writeValueAsString(tool.name())),
                    syntax.layout().comma(), literal("\"arguments\""), syntax.layout().colon(), arguments, literal("}"));
        } catch (JsonProcessingException e) {
            throw new GrammarException("the schema of tool " + tool.name() + " is no JSON: " + e.getOriginalMessage());
        } catch (GrammarException e) {
            throw new GrammarException("tool " + tool.name() + ": " + e.getMessage());
        }
    }

    /** Tools take the arguments that they declare and no others. */
    private static ObjectNode closed(ObjectNode parameters) {
        ObjectNode copy = parameters.deepCopy();
        copy.remove("additionalProperties");
        return copy;
    }
}
