package dev.outrider.slm.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.chat.CallSyntax;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

/** Text, or calls of offered tools, and an end. */
class AnswerGrammarTest {

    private static final int END = 4;
    private static final int CALL = 7;
    private static final int CALL_END = 8;
    private static final List<ToolSpecification> TOOLS = List.of(
            tool("get_order", JsonObjectSchema.builder().addStringProperty("order_id").required("order_id").build()),
            tool("get_orders", JsonObjectSchema.builder().addIntegerProperty("n").build()),
            ToolSpecification.builder().name("ping").build());

    private final Tokenizer tokenizer = TestVocabulary.outrider();
    private final GrammarVocabulary vocabulary = new GrammarVocabulary(tokenizer);
    private final CallText compact = calls(
            new CallSyntax(CallSyntax.Form.JSON_OBJECT, "<tool_call>", "</tool_call>", ""), Layout.COMPACT, PropertyOrder.DECLARED);

    private CallText calls(CallSyntax syntax, Layout layout, PropertyOrder order) {
        return new CallText(syntax, layout, order, Set.of(END), tokenizer);
    }

    private Grammar grammar(CallText calls, boolean required, List<ToolSpecification> tools) {
        return AnswerGrammar.of(new AnswerGrammar.Shape(tools, required, null), calls);
    }

    @Test
    void textOrCallsMayBeWritten() {
        Grammar grammar = grammar(compact, false, TOOLS);
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
        GrammarConstraint calls = vocabulary.constrain(grammar(compact, true, TOOLS));
        assertThat(calls.mask(500).count()).isOne();
        assertThat(calls.mask(500).allows(CALL)).isTrue();
        assertThat(calls.forced()).as("the marker is forced; what follows it depends on the model").contains(CALL);
        GrammarConstraint text = vocabulary.constrain(grammar(compact, false, List.of()));
        assertThat(text.mask(500).allows(CALL)).isFalse();
    }

    @Test
    void whateverIsWrittenEndsInTimeAndNamesAnOfferedTool() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Writer writer = new Writer(tokenizer, random);
        Grammar grammar = grammar(compact, true, TOOLS);
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
        GrammarConstraint constraint = vocabulary.constrain(grammar(compact, true, TOOLS));
        assertThatThrownBy(() -> constraint.mask(5)).isInstanceOf(GrammarException.class).hasMessageContaining("allow longer answers");
    }

    @Test
    void aToolWhoseSchemaCannotBeAGrammarTakesAnyObject() {
        ToolSpecification odd = tool("odd", JsonObjectSchema.builder().addProperty("p", JsonRawSchema.from("{\"not\":{}}")).build());
        Grammar grammar = grammar(compact, true, List.of(odd));
        assertThat(takes(grammar, CALL, "{\"name\":\"odd\",\"arguments\":{\"q\":[1]}}", CALL_END, END)).isTrue();
        assertThat(takes(grammar, CALL, "{\"name\":\"odd\",\"arguments\":[1]}", CALL_END, END)).isFalse();
    }

    @Test
    void aReplyInJsonFitsItsSchemaAndCallsStayPossible() throws Exception {
        JsonNode schema = new ObjectMapper().readTree(
                "{\"type\":\"object\",\"properties\":{\"city\":{\"$ref\":\"#/$defs/c\"}},\"required\":[\"city\"],"
                        + "\"$defs\":{\"c\":{\"enum\":[\"Berlin\",\"Bern\"]}}}");
        Grammar grammar = AnswerGrammar.of(new AnswerGrammar.Shape(TOOLS, false, schema), compact);
        assertThat(takes(grammar, "{\"city\":\"Bern\"}", END)).isTrue();
        assertThat(takes(grammar, "{\"city\":\"Bonn\"}", END)).isFalse();
        assertThat(takes(grammar, "Bern", END)).isFalse();
        assertThat(takes(grammar, CALL, "{\"name\":\"ping\",\"arguments\":{}}", CALL_END, END)).isTrue();
        assertThat(vocabulary.constrain(AnswerGrammar.of(new AnswerGrammar.Shape(List.of(), false, schema), compact)).shortest())
                .as("references are counted in full")
                .isEqualTo("{\"city\":\"Bern\"}".length() + 1);
    }

    @Test
    void aTextMayEndWithoutAnEndTokenWhenItsRoomIsUsedUp() {
        GrammarConstraint text = vocabulary.constrain(grammar(compact, false, TOOLS));
        assertThat(text.mask(1).allows(tokenizer.encode("a")[0])).isTrue();
        assertThat(text.mask(1).allows(CALL)).as("a call does not fit").isFalse();
        assertThat(text.mask(500).allows(CALL)).isTrue();
        text.accept(tokenizer.encode("a")[0]);
        assertThat(text.isComplete()).isTrue();
        assertThat(text.isOver()).isFalse();
        assertThat(text.mask(1).allows(tokenizer.encode("b")[0])).isTrue();
    }

    @Test
    void callsMayBeOneListBetweenMarkersThatAreText() {
        CallText list = calls(
                new CallSyntax(CallSyntax.Form.JSON_LIST, "<TOOLCALL>", "</TOOLCALL>", ""), Layout.SPACED, PropertyOrder.ANY);
        Grammar grammar = grammar(list, true, TOOLS);
        String one = "{\"name\": \"ping\", \"arguments\": {}}";
        assertThat(takes(grammar, "<TOOLCALL>[" + one + "]</TOOLCALL>", END)).isTrue();
        assertThat(takes(grammar, "<TOOLCALL>[" + one + ", " + one + "]</TOOLCALL>", END)).isTrue();
        assertThat(takes(grammar, "<TOOLCALL>" + one + "</TOOLCALL>", END)).isFalse();
        assertThat(takes(grammar, "<TOOLCALL>[]</TOOLCALL>", END)).isFalse();
    }

    @Test
    void callsMayBeLinesOfXml() {
        ToolSpecification note = tool("note", JsonObjectSchema.builder()
                .addStringProperty("text")
                .addIntegerProperty("n")
                .addEnumProperty("kind", List.of("a", "b"))
                .required("text", "n")
                .build());
        CallText xml = calls(
                new CallSyntax(CallSyntax.Form.XML, "<tool_call>\n", "\n</tool_call>", "\n"), Layout.SPACED, PropertyOrder.DECLARED);
        Grammar grammar = grammar(xml, true, List.of(note));
        String text = "<parameter=text>\nif (a < b) {\n\n<b>x</b>\n}\n</parameter>\n";
        String n = "<parameter=n>\n12\n</parameter>\n";
        String kind = "<parameter=kind>\nb\n</parameter>\n";
        assertThat(takes(grammar, CALL, "\n<function=note>\n" + text + n + "</function>\n", CALL_END, END)).isTrue();
        assertThat(takes(grammar, CALL, "\n<function=note>\n" + text + n + kind + "</function>\n", CALL_END, END)).isTrue();
        assertThat(takes(grammar, CALL, "\n<function=note>\n" + text + "</function>\n", CALL_END, END)).isFalse();
        assertThat(takes(grammar, CALL, "\n<function=note>\n" + text + n.replace("12", "1.5") + "</function>\n", CALL_END, END)).isFalse();
        assertThat(takes(grammar, CALL, "\n<function=note>\n" + text + n + kind.replace("b", "c") + "</function>\n", CALL_END, END))
                .isFalse();
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
