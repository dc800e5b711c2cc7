package dev.outrider.slm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.CallSyntax;
import dev.outrider.slm.chat.ChatFormat;
import dev.outrider.slm.grammar.AnswerGrammar;
import dev.outrider.slm.grammar.CallText;
import dev.outrider.slm.grammar.Grammar;
import dev.outrider.slm.grammar.GrammarException;
import dev.outrider.slm.grammar.GrammarVocabulary;
import dev.outrider.slm.grammar.Layout;
import dev.outrider.slm.grammar.PropertyOrder;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * The grammars of a model's answers. Requests with the same tools and response format share one, so that what was worked out for an
 * answer serves the next. Safe for many threads.
 */
final class AnswerGrammars {

    private static final int MOST_GRAMMARS = 64;

    /** Beyond so many a grammar is made anew: free JSON has endlessly many states. */
    private static final int MOST_STATES = 200_000;

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final CallSyntax NO_CALLS = new CallSyntax(CallSyntax.Form.JSON_OBJECT, "", "", "");

    private final CallText calls;
    private final @Nullable GrammarVocabulary vocabulary;
    private final @Nullable String whyNot;
    private final LinkedHashMap<AnswerGrammar.Shape, Grammar> grammars = new LinkedHashMap<>(16, 0.75f, true);

    AnswerGrammars(Tokenizer tokenizer, ChatFormat format) {
        boolean compact = format.writesCompactJson();
        calls = new CallText(
                format.callSyntax().orElse(NO_CALLS),
                compact ? Layout.COMPACT : Layout.SPACED,
                compact ? PropertyOrder.DECLARED : PropertyOrder.ANY,
                format.stopTokens(),
                tokenizer);
        GrammarVocabulary words = null;
        String problem = null;
        try {
            words = new GrammarVocabulary(tokenizer);
        } catch (GrammarException e) {
            problem = e.getMessage();
        }
        vocabulary = words;
        whyNot = problem;
    }

    /** Whether answers of this model can be held to a grammar. */
    boolean areUsable() {
        return vocabulary != null;
    }

    /**
     * What holds an answer to its form.
     *
     * @param tools that may be called
     * @param callRequired whether the answer must be a call
     * @param format of a reply
     * @param forcing as {@link AnswerConstraint} has it
     * @return nothing when the vocabulary cannot be held to a grammar, and no JSON was asked for
     * @throws UnsupportedFeatureException when JSON was asked for and cannot be promised
     */
    Optional<AnswerConstraint> constrain(
            List<ToolSpecification> tools, boolean callRequired, @Nullable ResponseFormat format, boolean forcing) {
        boolean json = format != null && format.type() == ResponseFormatType.JSON;
        if (vocabulary == null) {
            if (json) {
                throw new UnsupportedFeatureException("the JSON response format is not supported by this model: " + whyNot);
            }
            return Optional.empty();
        }
        AnswerGrammar.Shape shape =
                new AnswerGrammar.Shape(tools, callRequired, format != null && json ? schema(format) : null);
        return Optional.of(new AnswerConstraint(vocabulary.constrain(grammar(shape)), forcing));
    }

    private Grammar grammar(AnswerGrammar.Shape shape) {
        synchronized (grammars) {
            Grammar known = grammars.get(shape);
            if (known == null || known.states() > MOST_STATES) {
                try {
                    known = AnswerGrammar.of(shape, calls);
                } catch (GrammarException e) {
                    throw new UnsupportedFeatureException(
                            "the schema of the response format is not supported: " + e.getMessage());
                }
                grammars.put(shape, known);
                if (grammars.size() > MOST_GRAMMARS) {
                    grammars.pollFirstEntry();
                }
            }
            return known;
        }
    }

    /** The schema as JSON; without one, any object. */
    private static JsonNode schema(ResponseFormat format) {
        if (format.jsonSchema() == null) {
            return JSON.createObjectNode().put("type", "object");
        }
        // the public way to the JSON of a schema element leads through a tool
        ToolSpecification carrier = ToolSpecification.builder()
                .name("answer")
                .parameters(JsonObjectSchema.builder()
                        .addProperty("answer", format.jsonSchema().rootElement())
                        .build())
                .build();
        try {
            return JSON.readTree(carrier.toJson()).path("parameters").path("properties").path("answer");
        } catch (JsonProcessingException e) {
            throw new UnsupportedFeatureException("the schema of the response format is no JSON: " + e.getOriginalMessage());
        }
    }
}
