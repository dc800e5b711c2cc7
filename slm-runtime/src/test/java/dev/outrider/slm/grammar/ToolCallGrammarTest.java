package dev.outrider.slm.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

/** Text, or calls of offered tools, and an end. */
class ToolCallGrammarTest {

    private static final int END = 4;
    private static final int CALL = 7;
    private static final int CALL_END = 8;
    private static final ToolCallGrammar.Syntax SYNTAX =
            new ToolCallGrammar.Syntax(CALL, CALL_END, Set.of(END), Layout.COMPACT, PropertyOrder.DECLARED);
    private static final List<ToolSpecification> TOOLS = List.of(
            tool("get_order", JsonObjectSchema.builder().addStringProperty("order_id").required("order_id").build()),
            tool("get_orders", JsonObjectSchema.builder().addIntegerProperty("n").build()),
            ToolSpecification.builder().name("ping").build());

    private final Tokenizer tokenizer = TestVocabulary.outrider();
    private final GrammarVocabulary vocabulary = new GrammarVocabulary(tokenizer);

    @Test
    void textOrCallsMayBeWritten() {
        Grammar grammar = ToolCallGrammar.of(TOOLS, ToolCallGrammar.Answer.TEXT_OR_CALLS, SYNTAX);
        assertThat(takes(grammar, "Hello {there}.", END)).isTrue();
        assertThat(takes(grammar, CALL, "{\"name\":\"get_order\",\"arguments\":{\"order_id\":\"ORD-1\"}}", CALL_END, END)).isTrue();
        assertThat(takes(grammar, CALL, "{\"name\":\"get_orders\",\"arguments\":{}}", CALL_END, CALL, "{\"name\":\"ping\",\"arguments\":{}}", CALL_END, END)).isTrue();
        assertThat(takes(grammar, CALL, "{\"name\":\"get_ord\",\"arguments\":{}}", CALL_END, END)).isFalse();
        assertThat(takes(grammar, CALL, "{\"name\":\"get_order\",\"arguments\":{}}", CALL_END, END)).isFalse();
        assertThat(takes(grammar, "Hello ", CALL, "{\"name\":\"ping\",\"arguments\":{}}", CALL_END, END)).isFalse();
        assertThat(takes(grammar, CALL, "{\"name\":\"ping\",\"arguments\":{}}", CALL_END)).as("without an end").isFalse();
    }

    @Test
    void aRequiredCallCannotBeTextAndForbiddenCallsCannotBeCalls() {
        GrammarConstraint calls = vocabulary.constrain(ToolCallGrammar.of(TOOLS, ToolCallGrammar.Answer.CALLS, SYNTAX));
        assertThat(calls.mask(500).count()).isOne();
        assertThat(calls.mask(500).allows(CALL)).isTrue();
        assertThat(calls.forced()).as("the marker is forced; what follows it depends on the model").contains(CALL);
        GrammarConstraint text = vocabulary.constrain(ToolCallGrammar.of(TOOLS, ToolCallGrammar.Answer.TEXT, SYNTAX));
        assertThat(text.mask(500).allows(CALL)).isFalse();
    }

    @Test
    void whateverIsWrittenEndsInTimeAndNamesAnOfferedTool() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Writer writer = new Writer(tokenizer, random);
        Grammar grammar = ToolCallGrammar.of(TOOLS, ToolCallGrammar.Answer.CALLS, SYNTAX);
        for (int i = 0; i < 300; i++) {
            GrammarConstraint constraint = vocabulary.constrain(grammar);
            int[] tokens = writer.write(constraint, constraint.shortest() + random.nextInt(60), 1);
            assertThat(constraint.isComplete()).as("seed %d: %s", seed, tokenizer.written(tokens)).isTrue();
            assertThat(tokens[tokens.length - 1]).isEqualTo(END);
            assertThat(tokenizer.written(tokens)).as("seed %d", seed).matches("(?s)<tool_call>\\{\"name\":\"(get_orders?|ping)\",.*");
        }
    }

    @Test
    void anAnswerThatCannotFitIsRefusedAtOnce() {
        GrammarConstraint constraint = vocabulary.constrain(ToolCallGrammar.of(TOOLS, ToolCallGrammar.Answer.CALLS, SYNTAX));
        assertThatThrownBy(() -> constraint.mask(5)).isInstanceOf(GrammarException.class).hasMessageContaining("allow longer answers");
    }

    @Test
    void aToolWhoseSchemaCannotBeAGrammarIsNamed() {
        ToolSpecification odd = tool("odd", JsonObjectSchema.builder().addProperty("p", JsonRawSchema.from("{\"not\":{}}")).build());
        assertThatThrownBy(() -> ToolCallGrammar.of(List.of(odd), ToolCallGrammar.Answer.CALLS, SYNTAX))
                .isInstanceOf(GrammarException.class)
                .hasMessageStartingWith("tool odd: #/properties/p: the keyword not");
    }

    private boolean takes(Grammar grammar, Object... parts) {
        List<Integer> tokens = new ArrayList<>();
        for (Object part : parts) {
            if (part instanceof String text) {
                for (int token : tokenizer.encode(text)) {
                    tokens.add(token);
                }
            } else {
                tokens.add((Integer) part);
            }
        }
        GrammarConstraint constraint = vocabulary.constrain(grammar);
        for (int token : tokens) {
            if (!constraint.mask(10_000).allows(token)) {
                return false;
            }
            constraint.accept(token);
        }
        return constraint.isComplete();
    }

    private static ToolSpecification tool(String name, JsonObjectSchema parameters) {
        return ToolSpecification.builder().name(name).parameters(parameters).build();
    }
}
