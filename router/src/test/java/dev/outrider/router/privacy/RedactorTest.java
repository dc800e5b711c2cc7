package dev.outrider.router.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactorTest {

    private static final Redactor REDACTOR = Redactor.of(RedactionSettings.DEFAULTS);

    private static Redacted redacted(String text, String... names) {
        return REDACTOR.redact(
                ChatRequest.builder().messages(UserMessage.from(text)).build(), List.of(names));
    }

    private static String out(Redacted redacted) {
        return ((UserMessage) redacted.request().messages().getFirst()).singleText();
    }

    private static ChatResponse answer(AiMessage message) {
        return ChatResponse.builder().aiMessage(message).build();
    }

    private static AiMessage call(String name, String arguments) {
        return AiMessage.from(ToolExecutionRequest.builder()
                .id("c1")
                .name(name)
                .arguments(arguments)
                .build());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    Mail to jane.doe+shop@mail.example.org, please.     | Mail to <EMAIL_1>, please.
                    <a href=mailto:a_b-c@example.com>x</a>              | <a href=mailto:<EMAIL_1>>x</a>
                    user=o'brien@example.ie;                            | user=<EMAIL_1>;
                    josé@exämple.de und 用户@例子.中国                  | <EMAIL_1> und <EMAIL_2>
                    "very odd"@example.org.                             | <EMAIL_1>.
                    root@localhost and x@[127.0.0.1]                    | <EMAIL_1> and <EMAIL_2>
                    a@b.example, a@b.example, c@b.example               | <EMAIL_1>, <EMAIL_1>, <EMAIL_2>
                    ?to=a%40b.example&cc=c%40b.example                  | ?to=<EMAIL_1>&cc=<EMAIL_2>
                    call +49 170 1234567 now                            | call <PHONE_1> now
                    Tel. (+1) 415-555-2671 or +14155552671              | Tel. <PHONE_1> or <PHONE_2>
                    0049 30 901820 or 030/901820                        | <PHONE_1> or <PHONE_2>
                    (415) 555-2671                                      | <PHONE_1>
                    020 7946 0958                                       | <PHONE_1>
                    no. 47952) 01 23 45 67 89                           | no. 47952) <PHONE_1>
                    card 4111 1111 1111 1111 12/27                      | card <CARD_1> 12/27
                    4111-1111-1111-1111, 378282246310005                | <CARD_1>, <CARD_2>
                    ４１１１１１１１１１１１１１１１                          | <CARD_1>
                    DE89 3704 0044 0532 0130 00 is mine                 | <IBAN_1> is mine
                    de89370400440532013000                              | <IBAN_1>
                    GB82-WEST-1234-5698-7654-32.                        | <IBAN_1>.
                    FR14 2004 1010 0505 0001 3M02 606                   | <IBAN_1>
                    """)
    void values_are_replaced_by_their_kind(String text, String expected) {
        Redacted redacted = redacted(text);
        assertThat(out(redacted)).isEqualTo(expected);
        assertThat(redacted.restore(out(redacted))).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Order ORD-47952 of customer C-3492 costs 1,299.00 on 2026-11-22 at 12:30.",
                "Meet @noon, 3 @ 5 each, a@ @b",
                "GB82 WEST 1234 5698 7654 33 has a wrong check digit",
                "Version 1.2.3.4, pages 12-19, 50% off",
                "The tool says {\"order_id\":\"ORD-49999\",\"quantity\":3,\"total_cents\":129900}"
            })
    void what_is_none_of_them_stays(String text) {
        assertThat(out(redacted(text))).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    Jane Doe called, JANE  DOE waits.        | <NAME_1> called, <NAME_2> waits.
                    Zoë's and zoë's                          | <NAME_1>'s and <NAME_2>'s
                    Zoe\u0308 in two letters                 | <NAME_1> in two letters
                    Willow will not                          | Willow <NAME_1> not
                    jane.doe@example.org of Jane Doe         | <EMAIL_1> of <NAME_1>
                    """)
    void names_that_the_caller_gives_are_replaced_as_whole_words(String text, String expected) {
        Redacted redacted = redacted(text, "Jane Doe", "Zoë", "Will", " ");
        assertThat(out(redacted)).isEqualTo(expected);
        assertThat(redacted.restore(out(redacted))).isEqualTo(text);
    }

    @Test
    void one_value_has_one_placeholder_in_every_message_argument_and_result() {
        ToolExecutionRequest earlier = ToolExecutionRequest.builder()
                .id("e1")
                .name("find")
                .arguments("{\"mail\": \"a\\u0040b.example\",\"n\":[1,4111111111111111]}")
                .build();
        ChatRequest request = ChatRequest.builder()
                .messages(
                        SystemMessage.from("You help a@b.example."),
                        UserMessage.builder()
                                .name("c@d.example")
                                .contents(List.of(TextContent.from("It is a@b.example")))
                                .build(),
                        AiMessage.builder()
                                .text("Looking for a@b.example")
                                .thinking("a@b.example?")
                                .toolExecutionRequests(List.of(earlier))
                                .build(),
                        ToolExecutionResultMessage.from(earlier, "{\"a@b.example\":{\"iban\":\"DE89370400440532013000\"}}"),
                        ToolExecutionResultMessage.from(earlier, "not JSON: a@b.example"))
                .stopSequences(List.of("a@b.example"))
                .build();
        Redacted redacted = REDACTOR.redact(request, List.of());
        assertThat(redacted.replaced()).isEqualTo(4);
        assertThat(redacted.request().messages().toString())
                .doesNotContain("b.example").doesNotContain("4111").doesNotContain("DE89").doesNotContain("d.example");
        AiMessage ai = (AiMessage) redacted.request().messages().get(2);
        assertThat(ai.text()).isEqualTo("Looking for <EMAIL_1>");
        assertThat(ai.thinking()).isEqualTo("<EMAIL_1>?");
        assertThat(ai.toolExecutionRequests().getFirst().arguments())
                .isEqualTo("{\"mail\": \"<EMAIL_1>\",\"n\":[1,\"<CARD_1>\"]}");
        assertThat(((ToolExecutionResultMessage) redacted.request().messages().get(3)).text())
                .isEqualTo("{\"<EMAIL_1>\":{\"iban\":\"<IBAN_1>\"}}");
        assertThat(redacted.request().stopSequences()).containsExactly("<EMAIL_1>");
    }

    @Test
    void a_value_that_is_known_is_replaced_inside_of_words_too() {
        assertThat(out(redacted("+4930901820 is id:+4930901820x"))).isEqualTo("<PHONE_1> is id:<PHONE_1>x");
    }

    @Test
    void placeholders_that_the_text_holds_by_itself_stay_themselves() {
        String text = "Write <EMAIL_1> or EMAIL_2 or &lt;email 3&gt; to a@b.example";
        Redacted redacted = redacted(text);
        assertThat(out(redacted)).isEqualTo("Write <EMAIL_1> or EMAIL_2 or &lt;email 3&gt; to <EMAIL_4>");
        assertThat(redacted.restore(out(redacted))).isEqualTo(text);
        assertThat(redacted.restore("<EMAIL_1> EMAIL_2 <EMAIL_4> <EMAIL_9>")).isEqualTo(
                "<EMAIL_1> EMAIL_2 a@b.example <EMAIL_9>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<EMAIL_1>", "<email_1>", "< Email_1 >", "&lt;EMAIL_1&gt;", "\\u003cEMAIL_1\\u003e", "<EMAIL\\_1>",
                "EMAIL_1", "<EMAIL 1>", "<email-1>"
            })
    void a_placeholder_is_known_again_however_the_model_writes_it(String form) {
        assertThat(redacted("a@b.example").restore("To " + form + ".")).isEqualTo("To a@b.example.");
    }

    @Test
    void numbers_are_not_mixed_up_with_longer_ones() {
        Redacted redacted = redacted("a@b.example");
        assertThat(redacted.restore("<EMAIL_12> EMAIL_12 MY_EMAIL_1 EMAIL_1x")).isEqualTo(
                "<EMAIL_12> EMAIL_12 MY_EMAIL_1 EMAIL_1x");
    }

    @Test
    void a_call_gets_the_exact_values_with_the_types_that_its_tool_asks_for() {
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from("O\"Neil\\ pays with 4111111111111111, a@b.example"))
                .toolSpecifications(ToolSpecification.builder()
                        .name("pay")
                        .parameters(JsonObjectSchema.builder()
                                .addIntegerProperty("card")
                                .addStringProperty("cardText")
                                .build())
                        .build())
                .build();
        Redacted redacted = REDACTOR.redact(request, List.of("O\"Neil\\"));
        ChatResponse restored = redacted.restore(answer(call(
                "pay",
                "{\"who\": \"<NAME_1>\", \"card\":\"<CARD_1>\",\"cardText\":\"<CARD_1>\", \"to\":[\"x \\u003cemail_1\\u003e\"],\"n\":1.50}")));
        assertThat(restored.aiMessage().toolExecutionRequests().getFirst().arguments())
                .isEqualTo("{\"who\": \"O\\\"Neil\\\\\", \"card\":4111111111111111,\"cardText\":\"4111111111111111\","
                        + " \"to\":[\"x a@b.example\"],\"n\":1.50}");
    }

    @Test
    void arguments_that_break_off_are_restored_as_far_as_they_go() {
        Redacted redacted = redacted("O\"Neil", "O\"Neil");
        assertThat(redacted.restore(answer(call("x", "{\"who\":\"<NAME_1>\",\"n")))
                        .aiMessage().toolExecutionRequests().getFirst().arguments())
                .isEqualTo("{\"who\":\"O\\\"Neil\",\"n");
    }

    @Test
    void text_and_thoughts_of_the_answer_are_restored() {
        Redacted redacted = redacted("I am a@b.example");
        AiMessage restored = redacted.restore(answer(AiMessage.builder()
                        .text("Hello <EMAIL_1>")
                        .thinking("<EMAIL_1>")
                        .build()))
                .aiMessage();
        assertThat(restored.text()).isEqualTo("Hello a@b.example");
        assertThat(restored.thinking()).isEqualTo("a@b.example");
    }

    @Test
    void a_ledger_may_keep_the_answer_with_the_same_placeholders() {
        Redacted redacted = redacted("I am a@b.example");
        assertThat(redacted.redact("Hello a@b.example, ask c@d.example")).isEqualTo("Hello <EMAIL_1>, ask <EMAIL_2>");
        assertThat(redacted.redactJson("{\"to\":\"c\\u0040d.example\"}")).isEqualTo("{\"to\":\"<EMAIL_2>\"}");
        assertThat(redacted.replaced()).as("of the request").isEqualTo(1);
    }

    @Test
    void what_the_developer_wrote_stays_and_a_providers_own_parameters_are_left_behind() {
        ToolSpecification tool = ToolSpecification.builder()
                .name("find")
                .description("For example a@b.example")
                .build();
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from("x"))
                .parameters(OpenAiChatRequestParameters.builder()
                        .toolSpecifications(tool)
                        .temperature(0.3)
                        .user("c@d.example")
                        .build())
                .build();
        ChatRequest out = REDACTOR.redact(request, List.of()).request();
        assertThat(out.toolSpecifications()).containsExactly(tool);
        assertThat(out.temperature()).isEqualTo(0.3);
        assertThat(out.parameters()).isNotInstanceOf(OpenAiChatRequestParameters.class);
    }

    @Test
    void what_cannot_be_looked_through_does_not_leave() {
        ChatRequest picture = ChatRequest.builder()
                .messages(UserMessage.from(ImageContent.from("https://example.org/a.png")))
                .build();
        assertThatThrownBy(() -> REDACTOR.redact(picture, List.of()))
                .isInstanceOf(EgressRefusedException.class)
                .hasMessageContaining("nothing was sent to the LLM: a content of type IMAGE cannot be redacted");
    }

    @Test
    void a_region_that_is_none_is_told() {
        assertThatThrownBy(() -> new RedactionSettings(List.of("DE", "Germany"))).hasMessageContaining("Germany");
    }
}
