package dev.outrider.router.remote;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static dev.outrider.router.remote.Completions.PATH;
import static dev.outrider.router.remote.Completions.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.CascadeAttributes;
import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.slm.TokenScore;

/** The SLM behind a server, in the shapes in which vLLM and llama-server answer, and in broken ones. */
class HttpLocalModelTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final ChatRequest REQUEST = ChatRequest.builder()
            .messages(UserMessage.from("Where is ORD-1?"))
            .toolSpecifications(ToolSpecification.builder()
                    .name("shop.get_order")
                    .parameters(JsonObjectSchema.builder().addStringProperty("id").build())
                    .build())
            .build();

    @RegisterExtension
    static final WireMockExtension SERVER =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    private static LocalServerSettings settings(Duration timeout, boolean wordsDecide) {
        return new LocalServerSettings(
                SERVER.baseUrl() + "/v1",
                "qwen",
                LocalServerSettings.KEY,
                timeout,
                wordsDecide,
                ThinkingControl.SWITCH,
                new ResilienceSettings.Breaker(50, 20, 2, Duration.ofHours(1)));
    }

    private static HttpLocalModel model() {
        return HttpLocalModel.of(settings(Duration.ofSeconds(60), false), Map.of("OUTRIDER_LOCAL_KEY", "k-1"));
    }

    private static void serve(ResponseDefinitionBuilder response) {
        SERVER.stubFor(post(PATH).willReturn(response));
    }

    /** A token and its log-probability, and the best alternative where the server tells one. */
    private record Token(String text, double logprob, @Nullable Double other) {
        Token(String text) {
            this(text, -0.001, -7.0);
        }
    }

    /** As vLLM writes it: no ids, bytes, the chosen token among the top ones. */
    private static String vllm(String message, String finish, List<Token> tokens) throws IOException {
        ObjectNode logprobs = JSON.createObjectNode();
        ArrayNode content = logprobs.putArray("content");
        for (Token token : tokens) {
            ArrayNode top = entry(content.addObject(), token.text, token.logprob).putArray("top_logprobs");
            entry(top.addObject(), token.text, token.logprob);
            if (token.other != null) {
                entry(top.addObject(), "other", token.other);
            }
        }
        return """
                {"id":"chatcmpl-7f","object":"chat.completion","created":1763800000,"model":"qwen","choices":[{"index":0,\
                "message":%s,"logprobs":%s,"finish_reason":"%s","stop_reason":null}],"usage":{"prompt_tokens":120,\
                "total_tokens":140,"completion_tokens":20,"prompt_tokens_details":null},"prompt_logprobs":null}"""
                .formatted(message, JSON.writeValueAsString(logprobs), finish);
    }

    private static ObjectNode entry(ObjectNode node, String text, double logprob) {
        node.put("token", text).put("logprob", logprob);
        ArrayNode bytes = node.putArray("bytes");
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(b & 0xff);
        }
        return node;
    }

    private static final String CALL = """
            {"role":"assistant","reasoning_content":null,"content":null,"tool_calls":[{"id":"chatcmpl-tool-1",\
            "type":"function","function":{"name":"shop_get_order","arguments":"{\\"id\\": \\"ORD-1\\"}"}}]}""";

    private static List<Token> hermesCall(double valueLogprob) {
        return List.of(
                new Token("<tool_call>"), new Token("\n"), new Token("{\""), new Token("name"), new Token("\":"),
                new Token(" \""), new Token("shop"), new Token("_get"), new Token("_order"), new Token("\","),
                new Token(" \"", -3.0, -3.1), new Token("arguments"), new Token("\":"), new Token(" {\""),
                new Token("id"), new Token("\":"), new Token(" \""), new Token("ORD"),
                new Token("-1", valueLogprob, -0.9), new Token("\"}}"), new Token("\n"), new Token("</tool_call>"),
                new Token("<|im_end|>"));
    }

    private static TokenEvidence evidence(ChatResponse response) {
        assertThat(response.metadata()).isInstanceOf(SlmChatResponseMetadata.class);
        return ((SlmChatResponseMetadata) response.metadata()).evidence();
    }

    private static List<String> decisions(TokenEvidence evidence) {
        return evidence.tokens().stream()
                .filter(TokenScore::decision)
                .map(TokenScore::text)
                .toList();
    }

    private static String missing(ChatResponse response) {
        assertThat(response.metadata()).isInstanceOf(MissingEvidence.class);
        return ((MissingEvidence) response.metadata()).why();
    }

    @Test
    void log_probabilities_are_asked_for_and_the_key_goes_out() throws IOException {
        serve(json(200, vllm(CALL, "tool_calls", hermesCall(-0.5))));
        model().chat(REQUEST);
        SERVER.verify(postRequestedFor(urlEqualTo(PATH))
                .withHeader("Authorization", equalTo("Bearer k-1"))
                .withRequestBody(matchingJsonPath("$.logprobs", equalTo("true")))
                .withRequestBody(matchingJsonPath("$.top_logprobs", equalTo("5")))
                .withRequestBody(matchingJsonPath("$.model", equalTo("qwen"))));
    }

    @Test
    void a_call_of_vllm_carries_the_evidence_of_its_name_and_arguments() throws IOException {
        serve(json(200, vllm(CALL, "tool_calls", hermesCall(-0.5))));
        ChatResponse response = model().chat(REQUEST);
        assertThat(response.aiMessage().toolExecutionRequests()).singleElement().satisfies(call -> {
            assertThat(call.name()).isEqualTo("shop.get_order");
            assertThat(call.arguments()).isEqualTo("{\"id\": \"ORD-1\"}");
        });
        TokenEvidence evidence = evidence(response);
        assertThat(decisions(evidence))
                .as("what the syntax forces is none, however unlikely")
                .containsExactly(
                        "<tool_call>", "shop", "_get", "_order", "\",", " {\"", "id", "\":", "ORD", "-1", "\"}}",
                        "</tool_call>", "<|im_end|>");
        assertThat(evidence.smallestDecisionProbability().getAsDouble()).isCloseTo(Math.exp(-0.5), within(1e-9));
        assertThat(evidence.promptTokens()).isEqualTo(120);
        assertThat(evidence.decodeSeconds()).isPositive();
        TokenScore value = evidence.tokens().get(18);
        assertThat(value.top2Margin()).isCloseTo(Math.exp(-0.5) - Math.exp(-0.9), within(1e-9));
        assertThat(response.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
    }

    @Test
    void an_answer_of_llama_server_brings_its_own_times() throws IOException {
        serve(json(200, """
                {"choices":[{"finish_reason":"stop","index":0,"message":{"role":"assistant","content":"It left. ✓"},\
                "logprobs":{"content":[\
                {"id":2132,"token":"It","bytes":[73,116],"logprob":-0.2,"top_logprobs":[{"id":2132,"token":"It",\
                "bytes":[73,116],"logprob":-0.2},{"id":40,"token":"I","bytes":[73],"logprob":-2.0}]},\
                {"id":2115,"token":" left","bytes":[32,108,101,102,116],"logprob":-2.5,"top_logprobs":[]},\
                {"id":13,"token":".","bytes":[46],"logprob":-0.1,"top_logprobs":[]},\
                {"id":30,"token":" \ufffd","bytes":[32,226],"logprob":-0.1,"top_logprobs":[]},\
                {"id":31,"token":"\ufffd","bytes":[156,147],"logprob":0.0000001,"top_logprobs":[]}]}}],\
                "created":1763800000,"model":"gpt-3.5-turbo","system_fingerprint":"b6500-abc","object":"chat.completion",\
                "usage":{"completion_tokens":5,"prompt_tokens":40,"total_tokens":45},"id":"chatcmpl-x",\
                "timings":{"prompt_n":40,"prompt_ms":250.0,"predicted_n":5,"predicted_ms":1500.0}}"""));
        ChatResponse response = model().chat(REQUEST);
        TokenEvidence evidence = evidence(response);
        assertThat(evidence.prefillSeconds()).isEqualTo(0.25);
        assertThat(evidence.decodeSeconds()).isEqualTo(1.5);
        assertThat(decisions(evidence)).containsExactly("It");
        assertThat(evidence.tokens().getLast().logProbability()).isZero();
        assertThat(evidence.tokens().get(1).top2Margin()).as("nothing is known of the others").isZero();
    }

    @ParameterizedTest
    @CsvSource({"SWITCH, 0, false, absent", "SWITCH, 64, true, absent", "BUDGET, 64, true, 64", "BUDGET, 0, false, absent",
        "NONE, 64, absent, absent"})
    void the_server_is_told_whether_the_model_may_think(
            ThinkingControl control, int granted, String enabled, String budget) throws IOException {
        serve(json(200, vllm(CALL, "tool_calls", hermesCall(-0.5))));
        LocalServerSettings usual = settings(Duration.ofSeconds(60), false);
        HttpLocalModel model = HttpLocalModel.of(
                new LocalServerSettings(
                        usual.url(), usual.model(), "K", usual.timeout(), false, control, usual.breaker()),
                Map.of());
        Map<Object, Object> attributes = granted == 0 ? Map.of() : Map.of(CascadeAttributes.MAX_THINK_TOKENS, granted);

        model.chat(REQUEST, ChatRequestOptions.builder().listenerAttributes(attributes).build());

        String body = SERVER.getAllServeEvents().getFirst().getRequest().getBodyAsString();
        assertThat(JSON.readTree(body).at("/chat_template_kwargs/enable_thinking").asText("absent")).isEqualTo(enabled);
        assertThat(JSON.readTree(body).path("thinking_token_budget").asText("absent")).isEqualTo(budget);
        assertThat(JSON.readTree(body).path("logprobs").asBoolean()).isTrue();
        assertThat(JSON.readTree(body).path("tools")).hasSize(1);
    }

    @Test
    void the_words_of_a_reply_decide_when_the_settings_say_so() throws IOException {
        serve(json(200, vllm("{\"role\":\"assistant\",\"content\":\"It left.\"}", "stop",
                List.of(new Token("It"), new Token(" left", -1.5, -0.9), new Token("."), new Token("<|im_end|>")))));
        HttpLocalModel model = HttpLocalModel.of(settings(Duration.ofSeconds(60), true), Map.of());
        assertThat(decisions(evidence(model.chat(REQUEST)))).containsExactly("It", " left", ".", "<|im_end|>");
    }

    @Test
    void thoughts_are_no_decisions() throws IOException {
        serve(json(200, vllm(
                "{\"role\":\"assistant\",\"reasoning_content\":\"Hm.\",\"content\":\"Yes.\"}", "stop",
                List.of(new Token("<think>"), new Token("Hm.", -5, -1.0), new Token("</think>"), new Token("\n\n"),
                        new Token("Yes"), new Token(".")))));
        ChatResponse response = model().chat(REQUEST);
        assertThat(response.aiMessage().thinking()).isEqualTo("Hm.");
        TokenEvidence evidence = evidence(response);
        assertThat(evidence.thinkingTokens()).isEqualTo(3);
        assertThat(decisions(evidence)).containsExactly("Yes");
    }

    @Test
    void in_a_call_that_is_not_written_as_json_every_token_decides() throws IOException {
        serve(json(200, vllm(CALL, "tool_calls", List.of(
                new Token("<tool_call>"), new Token("<function="), new Token("shop_get_order"), new Token(">"),
                new Token("<parameter=id>"), new Token("ORD-1", -1.25, -0.7), new Token("</parameter>"),
                new Token("</function></tool_call>")))));
        TokenEvidence evidence = evidence(model().chat(REQUEST));
        assertThat(evidence.tokens()).allMatch(TokenScore::decision);
        assertThat(evidence.smallestDecisionProbability().getAsDouble()).isCloseTo(Math.exp(-1.25), within(1e-9));
    }

    @Test
    void arguments_alone_are_a_call_when_the_tool_was_given() throws IOException {
        serve(json(200, vllm(CALL, "tool_calls", List.of(
                new Token("{\"id\":"), new Token(" \"", -4, -0.1), new Token("ORD-1"), new Token("\"}")))));
        assertThat(decisions(evidence(model().chat(REQUEST)))).containsExactly("{\"id\":", "ORD-1", "\"}");
    }

    @Test
    void two_calls_are_found_one_behind_the_other() throws IOException {
        String message = """
                {"role":"assistant","content":null,"tool_calls":[\
                {"id":"1","type":"function","function":{"name":"shop_get_order","arguments":"{\\"id\\":\\"ORD-1\\"}"}},\
                {"id":"2","type":"function","function":{"name":"shop_get_order","arguments":"{\\"id\\":\\"ORD-2\\"}"}}]}""";
        serve(json(200, vllm(message, "tool_calls", List.of(
                new Token("["), new Token("{\"name\": \""), new Token("shop_get_order"), new Token("\", \"arguments\": "),
                new Token("{\"id\": \"ORD-1\"}"), new Token("}"), new Token(", ", -2.0, -0.2),
                new Token("{\"name\": \""), new Token("shop_get_order"), new Token("\", \"arguments\": "),
                new Token("{\"id\": \"ORD-2\"}"), new Token("}"), new Token("]")))));
        assertThat(decisions(evidence(model().chat(REQUEST))))
                .containsExactly("[", "shop_get_order", "\", \"arguments\": ", "{\"id\": \"ORD-1\"}", ", ",
                        "shop_get_order", "\", \"arguments\": ", "{\"id\": \"ORD-2\"}", "]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "{\"content\":null}", "{\"content\":[]}"})
    void without_log_probabilities_there_is_no_evidence_and_the_reason_is_told(String logprobs) {
        serve(json(200, """
                {"id":"1","model":"qwen","choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},\
                "logprobs":%s,"finish_reason":"stop"}]}""".formatted(logprobs)));
        ChatResponse response = model().chat(REQUEST);
        assertThat(response.aiMessage().text()).isEqualTo("Yes.");
        assertThat(missing(response)).contains("gave no log-probabilities").doesNotContain("\n");
    }

    @Test
    void an_answer_without_the_key_logprobs_has_no_evidence() {
        serve(json(200, "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Yes.\"}}]}"));
        assertThat(missing(model().chat(REQUEST))).contains("gave no log-probabilities");
    }

    @Test
    void log_probabilities_of_half_an_answer_are_not_trusted() throws IOException {
        serve(json(200, vllm("{\"role\":\"assistant\",\"content\":\"It left yesterday.\"}", "stop",
                List.of(new Token("It"), new Token(" left")))));
        assertThat(missing(model().chat(REQUEST))).contains("not those of the whole answer");
    }

    @Test
    void log_probabilities_of_another_call_are_not_trusted() throws IOException {
        serve(json(200, vllm(CALL, "tool_calls", List.of(new Token("{\"name\":\"other\",\"arguments\":{}}")))));
        assertThat(missing(model().chat(REQUEST))).contains("not those of the whole answer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "0.7", "17"})
    void what_is_no_log_probability_is_not_trusted(String value) {
        serve(json(200, """
                {"id":"1","model":"qwen","choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},\
                "logprobs":{"content":[{"token":"Yes.","logprob":%s,"bytes":null,"top_logprobs":[]}]},\
                "finish_reason":"stop"}]}""".formatted(value)));
        assertThat(missing(model().chat(REQUEST))).contains("as a log-probability");
    }

    @Test
    void an_answer_that_was_cut_off_says_so() throws IOException {
        serve(json(200, vllm("{\"role\":\"assistant\",\"content\":\"It le\"}", "length",
                List.of(new Token("It"), new Token(" le")))));
        assertThat(model().chat(REQUEST).finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void what_goes_wrong_is_told_in_one_line_with_the_server_and_without_the_key() {
        serve(json(500, "{\"error\":{\"message\":\"CUDA out of memory\\nfor k-1\"}}"));
        assertThatThrownBy(() -> model().chat(REQUEST))
                .isInstanceOf(LocalServerException.class)
                .hasMessageContaining("the SLM's server at " + SERVER.baseUrl())
                .hasMessageContaining("answered 500")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").doesNotContain("k-1"));
        SERVER.verify(1, postRequestedFor(urlEqualTo(PATH)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"choices\":[{\"message\":", "<html>", "{\"choices\":[{\"message\":{\"content\":\"x\"},\"logprobs\":\"none\"}]}"})
    void malformed_bodies_are_told(String body) {
        serve(json(200, body));
        assertThatThrownBy(() -> model().chat(REQUEST)).isInstanceOf(LocalServerException.class);
    }

    @Test
    void half_a_body_is_told() {
        serve(aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK));
        assertThatThrownBy(() -> model().chat(REQUEST))
                .isInstanceOf(LocalServerException.class)
                .hasMessageContaining("before the answer was complete");
    }

    @Test
    void a_server_that_keeps_silent_is_left_in_time_and_not_asked_again_for_a_while() throws IOException {
        try (RawServer silent = RawServer.silent()) {
            HttpLocalModel model = HttpLocalModel.of(
                    new LocalServerSettings(
                            silent.url(), "m", "K", Duration.ofMillis(200), false, ThinkingControl.SWITCH,
                            new ResilienceSettings.Breaker(50, 20, 2, Duration.ofHours(1))),
                    Map.of());
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> model.chat(REQUEST)).hasMessageContaining("did not answer within 200ms");
            }
            assertThatThrownBy(() -> model.chat(REQUEST)).hasMessageContaining("is not asked for up to 1h");
            assertThat(silent.connections()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void an_interrupt_cancels_the_request() throws Exception {
        try (RawServer silent = RawServer.silent()) {
            HttpLocalModel model = HttpLocalModel.of(LocalServerSettings.of(silent.url(), "m"), Map.of());
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    model.chat(REQUEST);
                } catch (RuntimeException e) {
                    thrown.set(e);
                }
            });
            while (silent.bytes() == 0) {
                Thread.sleep(1);
            }
            caller.interrupt();
            assertThat(caller.join(Duration.ofSeconds(30))).isTrue();
            assertThat(thrown.get()).isInstanceOf(CancellationException.class);
            assertThat(silent.hungUp().await(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
