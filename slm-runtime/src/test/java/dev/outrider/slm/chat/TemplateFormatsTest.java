package dev.outrider.slm.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.Golden;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.TokenType;
import dev.outrider.slm.tokenizer.Tokenizer;

/** Prompts against what the models' own templates write for the same conversations. */
class TemplateFormatsTest {

    /** What each template is known by. */
    private static final Map<String, String> TEMPLATES = Map.of(
            "nano2", "<SPECIAL_10>System … <TOOLCALL>",
            "nemotron3", "<|im_start|> … enable_thinking … <tool_call>\n<function=… <parameter=…",
            "qwen",
                    "{{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\\n' }} <tool_call>",
            "smol",
                    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}");

    static final ToolSpecification GET_ORDER = ToolSpecification.builder()
            .name("get_order")
            .description("Looks an order up.")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("order_id", "The order's number")
                    .required("order_id")
                    .build())
            .build();
    static final ToolSpecification REFUND_ORDER = ToolSpecification.builder()
            .name("refund_order")
            .description("Gives money back.")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("order_id")
                    .addNumberProperty("amount")
                    .addEnumProperty("reason", List.of("damaged", "late"))
                    .addProperty("lines", JsonArraySchema.builder().items(new JsonIntegerSchema()).build())
                    .addBooleanProperty("notify")
                    .required("order_id", "amount")
                    .build())
            .build();
    private static final List<ToolSpecification> TOOLS = List.of(GET_ORDER, REFUND_ORDER);

    static Tokenizer tokenizer(String model) {
        return switch (model) {
            case "nano2" ->
                TestVocabulary.special(List.of("<unk>", "<s>", "</s>", "<SPECIAL_10>", "<SPECIAL_11>", "<SPECIAL_12>"), 5);
            // the vocabulary of SmolLM2 has no tokens for calls and thoughts
            case "smol" -> TestVocabulary.special(List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"), 2);
            default -> TestVocabulary.outrider();
        };
    }

    static ChatFormat format(String model) {
        return ChatFormats.of(GgufMetadata.of("m.gguf", Map.of("tokenizer.chat_template", TEMPLATES.get(model))), tokenizer(model));
    }

    private static JsonNode golden() {
        try {
            return new ObjectMapper().readTree(Golden.bytes("chat/templates.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<ChatMessage> conversation(String name) {
        return switch (name) {
            case "plain" -> List.of(UserMessage.from("Hello <|im_end|> there."));
            case "system" ->
                List.of(
                        SystemMessage.from("You help at a shop’s desk."),
                        UserMessage.from("Hello."),
                        AiMessage.from("Good day!"),
                        UserMessage.from(" What now? "));
            case "off" -> List.of(UserMessage.from("One /no_think"), AiMessage.from("Two"), UserMessage.from("Three"));
            case "tools" -> List.of(SystemMessage.from("Be brief."), UserMessage.from("Refund ORD-1."));
            case "calls" ->
                List.of(
                        UserMessage.from("Refund ORD-1 and look at ORD-2."),
                        AiMessage.builder()
                                .text("I look at both.")
                                .thinking("Two orders.")
                                .toolExecutionRequests(List.of(
                                        call("1", "get_order", "{\"order_id\":\"ORD-1\"}"),
                                        call("2", "get_order", "{\"order_id\": \"ORD-2\"}")))
                                .build(),
                        // in the order in which they came back
                        ToolExecutionResultMessage.from("2", "get_order", "{\"id\": \"ORD-2\", \"late\": true}"),
                        ToolExecutionResultMessage.from("1", "get_order", "{\"id\": \"ORD-1\"}"),
                        AiMessage.from("Both are late."),
                        UserMessage.from("Then refund the first."),
                        AiMessage.builder()
                                .thinking("59.8 it is.")
                                .toolExecutionRequests(List.of(call(
                                        "3",
                                        "refund_order",
                                        "{\"order_id\":\"ORD-1\",\"amount\":59.8,\"lines\":[1,2],\"notify\":true}")))
                                .build(),
                        ToolExecutionResultMessage.from("3", "refund_order", "done"));
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static ToolExecutionRequest call(String id, String name, String arguments) {
        return ToolExecutionRequest.builder().id(id).name(name).arguments(arguments).build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nano2", "nemotron3", "qwen", "smol"})
    void prompts_are_character_for_character_those_of_the_models_own_templates(String model) {
        Tokenizer tokenizer = tokenizer(model);
        JsonNode golden = golden();
        int seen = 0;
        for (String name : List.of("plain", "system", "off", "tools", "calls")) {
            JsonNode expected = golden.get(model + "-" + name);
            if (expected != null) {
                Prompt prompt = format(model).prompt(
                                conversation(name),
                                name.equals("tools") || name.equals("calls") ? TOOLS : List.of(),
                                name.equals("off") && model.equals("nemotron3") ? ThinkingSwitch.OFF : ThinkingSwitch.AS_ASKED);
                int[] whole = IntStream.concat(IntStream.of(prompt.tokens()), IntStream.of(prompt.opening())).toArray();
                assertThat(tokenizer.written(whole)).as(model + " " + name).isEqualTo(expected.textValue());
                seen++;
            }
        }
        assertThat(seen).isEqualTo(model.equals("smol") ? 3 : 5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nano2", "nemotron3", "qwen", "smol"})
    void tokens_are_those_of_the_whole_text_and_no_text_becomes_a_marker(String model) {
        Tokenizer tokenizer = tokenizer(model);
        List<ChatMessage> messages = List.of(SystemMessage.from("Be brief."), UserMessage.from("One.\nTwo"), AiMessage.from("Three."),
                UserMessage.from("Four"));
        int[] tokens = format(model).prompt(messages, TOOLS).tokens();
        assertThat(tokens).isEqualTo(tokenizer.encodeWithSpecialTokens(tokenizer.written(tokens)));
        int markers = specials(tokenizer, tokens);
        for (String forged : List.of("<|im_end|>", "<|im_start|>", "<SPECIAL_11>", "<tool_call>", "<think>", "<tool_response>")) {
            List<ChatMessage> hostile = List.of(SystemMessage.from("Be brief."), UserMessage.from(forged), AiMessage.from(forged),
                    UserMessage.from(forged));
            assertThat(specials(tokenizer, format(model).prompt(hostile, TOOLS).tokens())).as(forged).isEqualTo(markers);
        }
    }

    private static int specials(Tokenizer tokenizer, int[] tokens) {
        return (int) IntStream.of(tokens).filter(t -> tokenizer.type(t) == TokenType.CONTROL).count();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nano2", "nemotron3", "qwen", "smol"})
    void a_new_turn_leaves_what_stands_before_the_last_one_as_it_was(String model) {
        ChatFormat format = format(model);
        List<ChatMessage> first = List.of(SystemMessage.from("Be brief."), UserMessage.from("One"));
        List<ChatMessage> second = List.of(SystemMessage.from("Be brief."), UserMessage.from("One"), AiMessage.from("Two"),
                UserMessage.from("Three"));
        Prompt before = format.prompt(first, TOOLS);
        int[] after = format.prompt(second, TOOLS).tokens();
        assertThat(before.boundaries().preamble()).isPositive();
        assertThat(before.boundaries().turn()).isGreaterThan(before.boundaries().preamble());
        assertThat(Arrays.copyOf(after, before.boundaries().turn()))
                .isEqualTo(Arrays.copyOf(before.tokens(), before.boundaries().turn()));
    }

    @Test
    void smol_lm_is_offered_tools_in_the_words_of_its_model_card() {
        Tokenizer tokenizer = tokenizer("smol");
        String prompt = tokenizer.written(format("smol")
                .prompt(List.of(UserMessage.from("Look at ORD-1.")), List.of(GET_ORDER))
                .tokens());
        assertThat(prompt)
                .startsWith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face\n\n"
                        + "You are an expert in composing functions. You are given a question and a set of possible functions. \n")
                .contains("<tools>[{\"type\": \"function\", \"function\": {\"name\": \"get_order\", \"description\": \"Looks an order up.\", ")
                .contains("<tool_call>[\n{\"name\": \"func_name1\"")
                .endsWith("<|im_start|>user\nLook at ORD-1.<|im_end|>\n<|im_start|>assistant\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "user: x                                          | true",
        "user: x /no_think                                | false",
        "user: x /no_think, user: y                       | false",
        "user: x /no_think, user: /think y                | true",
        "system: /no_think, user: x                       | false",
        "system: /think, user: x /no_think                | false",
        "user: /think and /no_think                       | true",
    })
    void the_last_word_on_thinking_wins_and_is_not_shown(String words, boolean thinks) {
        List<ChatMessage> messages = Arrays.stream(words.split(", "))
                .<ChatMessage>map(turn -> turn.startsWith("user")
                        ? UserMessage.from(turn.substring(6).strip())
                        : SystemMessage.from(turn.substring(8).strip()))
                .toList();
        Prompt prompt = format("nano2").prompt(messages, List.of());
        assertThat(prompt.thinks()).isEqualTo(thinks);
        assertThat(tokenizer("nano2").written(prompt.tokens())).doesNotContain("think");
        assertThat(format("nano2").prompt(messages, List.of(), ThinkingSwitch.ON).thinks()).isTrue();
        assertThat(format("nano2").prompt(messages, List.of(), ThinkingSwitch.OFF).thinks()).isFalse();
    }

    @Test
    void a_file_may_name_its_format_and_a_vocabulary_without_its_markers_is_refused() {
        GgufMetadata named = GgufMetadata.of("m.gguf", Map.of("outrider.chat_format", "nemotron-nano-2"));
        assertThat(ChatFormats.of(named, tokenizer("nano2")).name()).isEqualTo("nemotron-nano-2");
        assertThatThrownBy(() -> ChatFormats.of(named, tokenizer("qwen")))
                .isInstanceOf(ChatFormatException.class)
                .hasMessage("m.gguf: the prompt format nemotron-nano-2 needs the special token <SPECIAL_10>, which the vocabulary lacks");
        assertThat(format("qwen").name()).isEqualTo("chatml-tools");
        assertThat(format("smol").name()).isEqualTo("smollm2");
        assertThat(format("nemotron3").name()).isEqualTo("nemotron-3");
    }
}
