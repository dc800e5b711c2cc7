package dev.outrider.slm.grammar;

import static dev.outrider.slm.grammar.Expression.choice;
import static dev.outrider.slm.grammar.Expression.literal;
import static dev.outrider.slm.grammar.Expression.optional;
import static dev.outrider.slm.grammar.Expression.repeat;
import static dev.outrider.slm.grammar.Expression.sequence;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.agent.tool.ToolSpecification;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers of a chat model: text or JSON, or calls of offered tools with arguments that fit their schemas, written as the model's format
 * has it. An end token stands behind calls and JSON; a text may also end where no more tokens are allowed, so that a text that was cut
 * off can be told from one that ended.
 */
public final class AnswerGrammar {

    private static final int MOST_CALLS = 16;

    private AnswerGrammar() {}

    /**
     * What an answer may be.
     *
     * @param tools those that may be called; without any, an answer is a reply
     * @param callRequired whether it must be a call
     * @param schema what a reply that is JSON must fit; null for a reply of any text
     */
    public record Shape(List<ToolSpecification> tools, boolean callRequired, @Nullable JsonNode schema) {

        public Shape {
            tools = List.copyOf(tools);
        }
    }

    /**
     * The grammar of an answer. A tool whose schema uses what cannot be a grammar may be called with any JSON object, since its arguments
     * are checked afterwards anyway.
     *
     * @throws GrammarException when the reply's schema uses what cannot be a grammar
     */
    public static Grammar of(Shape shape, CallText calls) {
        List<Expression> answers = new ArrayList<>();
        boolean callable = !shape.tools().isEmpty();
        if (!callable || !shape.callRequired()) {
            answers.add(reply(shape.schema(), calls));
        }
        if (callable) {
            List<Expression> each = new ArrayList<>();
            for (ToolSpecification tool : shape.tools()) {
                each.add(calls.call(tool));
            }
            answers.add(sequence(all(choice(each), calls), calls.end()));
        }
        return new Grammar(choice(answers));
    }

    private static Expression reply(@Nullable JsonNode schema, CallText calls) {
        if (schema != null) {
            return sequence(new JsonSchemaGrammar(calls.layout(), calls.order()).expression(schema), calls.end());
        }
        Expression text = repeat(Utf8.range(0x09, Character.MAX_CODE_POINT), 1, Expression.ENDLESS);
        return sequence(text, optional(calls.end()));
    }

    private static Expression all(Expression one, CallText calls) {
        if (calls.isList()) {
            Expression more = repeat(sequence(calls.layout().comma(), one), 0, MOST_CALLS - 1);
            return sequence(calls.open(), literal("["), one, more, literal("]"), calls.close());
        }
        Expression marked = sequence(calls.open(), one, calls.close());
        return sequence(marked, repeat(sequence(calls.between(), marked), 0, MOST_CALLS - 1));
    }
}
