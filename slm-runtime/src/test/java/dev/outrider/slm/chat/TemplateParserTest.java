package dev.outrider.slm.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNullSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.tokenizer.RandomText;
import dev.outrider.slm.tokenizer.Tokenizer;

class TemplateParserTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final ToolSpecification TOOL = ToolSpecification.builder()
            .name("f")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("s")
                    .addNumberProperty("n")
                    .addIntegerProperty("i")
                    .addBooleanProperty("b")
                    .addProperty("a", JsonArraySchema.builder().items(new JsonIntegerSchema()).build())
                    .addProperty("o", JsonObjectSchema.builder().addStringProperty("x").build())
                    .addProperty("z", JsonAnyOfSchema.builder().anyOf(new JsonIntegerSchema(), new JsonNullSchema()).build())
                    .addProperty("t", JsonAnyOfSchema.builder().anyOf(new JsonStringSchema(), new JsonNullSchema()).build())
                    .build())
            .build();

    private static Completion parse(String model, String answer) {
        Tokenizer tokenizer = TemplateFormatsTest.tokenizer(model);
        return TemplateFormatsTest.format(model).parse(tokenizer.encodeWithSpecialTokens(answer), List.of(TOOL));
    }

    private static String end(String model) {
        return model.equals("nano2") ? "\n<SPECIAL_12>" : "<|im_end|>";
    }

    @Test
    void calls_come_out_of_every_syntax() {
        Reply expected = new Reply.Calls(List.of(new ToolCall("f", "{\"s\":\"x\"}"), new ToolCall("g", "{}")));
        assertThat(parse("nano2", "<TOOLCALL>[{\"name\": \"f\", \"arguments\": {\"s\":\"x\"}}, {\"name\": \"g\", \"arguments\": {}}]</TOOLCALL>\n<SPECIAL_12>")
                        .reply())
                .isEqualTo(expected);
        assertThat(parse("smol", "<tool_call>[\n{\"name\": \"f\", \"arguments\": {\"s\":\"x\"}},\n{\"name\": \"g\", \"arguments\": {}}\n]</tool_call><|im_end|>")
                        .reply())
                .isEqualTo(expected);
        assertThat(parse("qwen", "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"s\":\"x\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call><|im_end|>")
                        .reply())
                .isEqualTo(expected);
        assertThat(parse("nemotron3", "<think>\nhm\n</think>\n<tool_call>\n<function=f>\n<parameter=s>\nx\n</parameter>\n</function>\n</tool_call>\n"
                                + "<tool_call>\n<function=g>\n</function>\n</tool_call>\n<|im_end|>")
                        .reply())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nano2", "nemotron3", "qwen"})
    void thoughts_and_words_are_told_from_calls(String model) {
        String call = model.equals("nemotron3")
                ? "<tool_call>\n<function=f>\n</function>\n</tool_call>"
                : model.equals("qwen")
                        ? "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>"
                        : "<TOOLCALL>[{\"name\": \"f\", \"arguments\": {}}]</TOOLCALL>";
        Completion completion = parse(model, "<think>\nfirst\nsecond\n</think>\n\nI look.\n\n" + call + end(model));
        assertThat(completion.thinking()).isEqualTo("first\nsecond");
        assertThat(completion.thinkingTokens())
                .isBetween(1, TemplateFormatsTest.tokenizer(model).encode("\nfirst\nsecond\n").length + 1);
        assertThat(completion.reply()).isEqualTo(new Reply.Calls(List.of(new ToolCall("f", "{}")), "I look."));
        Completion text = parse(model, "<think></think>\n\nYes, two.\n" + end(model));
        assertThat(text.reply()).isEqualTo(new Reply.Text("Yes, two."));
        assertThat(text.thinking()).isNull();
        assertThat(text.thinkingTokens()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "s | 12 | \"12\"",
        "s | true | \"true\"",
        "s | None | \"None\"",
        "s | {\"x\":1} | \"{\\\"x\\\":1}\"",
        "n | 59.80 | 59.80",
        "n | -1e3 | -1e3",
        "n | about 5 | \"about 5\"",
        "n | 01 | \"01\"",
        "i | 7 | 7",
        "i | [7] | \"[7]\"",
        "b | true | true",
        "b | False | false",
        "b | yes | \"yes\"",
        "a | [1, 2] | [1,2]",
        "a | 1, 2 | \"1, 2\"",
        "o | {\"x\": \"y\"} | {\"x\":\"y\"}",
        "o | {\"x\": | \"{\\\"x\\\":\"",
        "z | null | null",
        "z | None | null",
        "z | 4 | 4",
        "t | None | null",
        "t | 4 | \"4\"",
        "unknown | 4 | \"4\"",
    })
    void bare_values_become_what_the_schema_says(String key, String value, String json) throws Exception {
        Completion completion = parse(
                "nemotron3", "<tool_call>\n<function=f>\n<parameter=" + key + ">\n" + value + "\n</parameter>\n</function>\n</tool_call><|im_end|>");
        ToolCall call = ((Reply.Calls) completion.reply()).calls().getFirst();
        JsonNode parsed = JSON.readTree(call.arguments()).get(key);
        assertThat(parsed).isEqualTo(JSON.readTree(json));
    }

    @Test
    void a_value_may_span_lines_and_hold_brackets() {
        String value = "if (a < b) {\n  <function=g>\n\n}\n ü ";
        Completion completion = parse(
                "nemotron3", "<tool_call>\n<function=f>\n<parameter=s>\n" + value + "\n</parameter>\n</function>\n</tool_call><|im_end|>");
        assertThat(completion.reply())
                .isEqualTo(new Reply.Calls(List.of(
                        new ToolCall("f", JSON.createObjectNode().put("s", value).toString()))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "nano2 # <TOOLCALL>[{\"name\":\"f\",\"arguments\":{}}] # a call is not closed",
        "nano2 # <TOOLCALL>[]</TOOLCALL> # the list of calls is empty",
        "nano2 # <TOOLCALL>{\"name\":\"f\",\"arguments\":{}}</TOOLCALL> # not a JSON list",
        "nano2 # <TOOLCALL>[{\"name\":\"f\",\"arguments\":{}}, 1]</TOOLCALL> # no JSON object",
        "nano2 # <TOOLCALL>[{\"name\":\"f\",\"arguments\":{}}]</TOOLCALL> so # text behind a call",
        "nano2 # <TOOLCALL>[{\"name\":\"f\",\"arguments\":{}}]</TOOLCALL><TOOLCALL>[{\"name\":\"f\",\"arguments\":{}}]</TOOLCALL> # text behind a call",
        "nano2 # <TOOLCALL>[{\"name\":\"f\",\"arguments\":{}}]]</TOOLCALL> # not valid JSON",
        "nano2 # so</TOOLCALL> # </TOOLCALL> stands inside a text",
        "nano2 # so <SPECIAL_11>User # <SPECIAL_11> stands inside a text",
        "nano2 # <think>hm # the thoughts do not end",
        "nano2 # <think>hm</think> # the answer is empty",
        "qwen # <tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call> and # text behind a call",
        "qwen # <tool_call>{\"name\":\"f\"}</tool_call> # has no \"arguments\"",
        "qwen # <tool_call>[]</tool_call> # not a JSON object",
        "nemotron3 # <tool_call><function=></function></tool_call> # does not begin with <function=NAME>",
        "nemotron3 # <tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call> # does not begin with <function=NAME>",
        "nemotron3 # <tool_call><function=f><parameter=s>x</function></tool_call> # the parameter 's' is not closed",
        "nemotron3 # <tool_call><function=f><parameter=s>x</parameter><parameter=s>y</parameter></function></tool_call> # stands twice",
        "nemotron3 # <tool_call><function=f><parameter=>x</parameter></function></tool_call> # a parameter has no name",
        "nemotron3 # <tool_call><function=f>x</function></tool_call> # does not end with </function>",
        "nemotron3 # <tool_call><function=f></function> # a call is not closed",
        "nemotron3 # <tool_call><function=f></function><think></tool_call> # <think> stands inside a call",
    })
    void what_the_format_does_not_allow_is_reported_and_decides_as_a_whole(String model, String answer, String problem) {
        Completion completion = parse(model, answer);
        assertThat(completion.reply()).isInstanceOfSatisfying(Reply.Malformed.class, malformed -> assertThat(malformed.problem())
                .contains(problem)
                .doesNotContain("\n"));
    }

    @Test
    void decisions_are_the_name_the_values_and_where_things_might_have_gone_on() {
        Tokenizer tokenizer = TemplateFormatsTest.tokenizer("nemotron3");
        int[] answer = tokenizer.encodeWithSpecialTokens(
                "<think></think>\n<tool_call>\n<function=get>\n<parameter=k>\nvalue\n</parameter>\n</function>\n</tool_call><|im_end|>");
        String marked = Written.decisions(tokenizer, answer, TemplateFormatsTest.format("nemotron3").parse(answer, List.of()));
        assertThat(marked)
                .startsWith("<think></think>\n[<tool_call>]\n<function=[get][>]")
                .contains("[val][ue][\n]</parameter>")
                .endsWith("function>\n</tool_call>[<|im_end|>]");
        Completion completion = TemplateFormatsTest.format("nemotron3").parse(answer, List.of());
        String names = IntStream.range(0, answer.length)
                .filter(completion::isToolName)
                .mapToObj(i -> tokenizer.text(answer[i]))
                .collect(Collectors.joining());
        assertThat(names).contains("get").doesNotContain("value");
    }

    /** What a format writes of the past, it reads as an answer. */
    @ParameterizedTest
    @ValueSource(strings = {"nano2", "nemotron3", "qwen", "smol"})
    void random_calls_come_back_as_they_were_written(String model) throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 150; round++) {
            List<ToolExecutionRequest> requests = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(3); i++) {
                ObjectNode arguments = JSON.createObjectNode();
                if (random.nextBoolean()) {
                    arguments.put("s", text(random));
                }
                if (random.nextBoolean()) {
                    arguments.put("i", random.nextInt());
                }
                if (random.nextBoolean()) {
                    arguments.put("b", random.nextBoolean());
                }
                if (random.nextBoolean()) {
                    arguments.putObject("o").put("x", text(random));
                }
                if (random.nextBoolean()) {
                    arguments.putArray("a").add(random.nextInt()).add(3);
                }
                requests.add(ToolExecutionRequest.builder().name("f").arguments(arguments.toString()).build());
            }
            String written = write(model, requests) + end(model);
            Completion completion = parse(model, written);
            assertThat(completion.reply()).as("seed %d: %s", seed, written).isInstanceOf(Reply.Calls.class);
            List<ToolCall> calls = ((Reply.Calls) completion.reply()).calls();
            assertThat(calls).hasSameSizeAs(requests);
            for (int i = 0; i < calls.size(); i++) {
                assertThat(JSON.readTree(calls.get(i).arguments()))
                        .as("seed %d: %s", seed, written)
                        .isEqualTo(JSON.readTree(requests.get(i).arguments()));
            }
        }
    }

    private static String text(Random random) {
        // values in XML lose white space at their line ends by design, and markers in letters end a call
        return "x" + RandomText.atoms(random, 6).replace('<', '(').replace("\u0000", "") + "x";
    }

    private static String write(String model, List<ToolExecutionRequest> requests) {
        return switch (model) {
            case "nano2" -> requests.stream().map(TemplateJson::call).collect(Collectors.joining(", ", "<TOOLCALL>[", "]</TOOLCALL>"));
            case "smol" -> requests.stream().map(TemplateJson::call).collect(Collectors.joining(", ", "<tool_call>[", "]</tool_call>"));
            case "qwen" ->
                requests.stream().map(call -> "<tool_call>\n" + TemplateJson.call(call) + "\n</tool_call>").collect(Collectors.joining("\n"));
            default -> requests.stream().map(XmlCall::write).collect(Collectors.joining());
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"nano2", "nemotron3", "qwen", "smol"})
    void random_answers_never_break_the_parser(String model) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Tokenizer tokenizer = TemplateFormatsTest.tokenizer(model);
        ChatFormat format = TemplateFormatsTest.format(model);
        String[] pieces = {
            "<think>", "</think>", "<tool_call>", "</tool_call>", "<TOOLCALL>", "</TOOLCALL>", "[", "]", "{\"name\":", "\"f\"", ",\"arguments\":{",
            "\"s\":1", "}", "}", "\n", " ", "<function=f>", "</function>", "<parameter=s>", "<parameter=i>", "</parameter>", "x", "é", "\\", "\"",
            "<|im_end|>", "<SPECIAL_12>", "<SPECIAL_11>", "<|im_start|>", "1", "null"
        };
        for (int round = 0; round < 3000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(25); i > 0; i--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            int[] answer = tokenizer.encodeWithSpecialTokens(text.toString());
            if (answer.length > 0 && random.nextInt(4) == 0) {
                answer[random.nextInt(answer.length)] = random.nextInt(tokenizer.vocabularySize());
            }
            Completion completion = format.parse(answer, List.of(TOOL));
            assertThat(completion.reply()).as("seed %d: %s", seed, text).isNotNull();
            assertThat(completion.thinkingTokens()).isBetween(0, answer.length);
            if (completion.reply() instanceof Reply.Calls calls) {
                assertThat(calls.calls()).as("seed %d: %s", seed, text).isNotEmpty();
            }
        }
    }
}
