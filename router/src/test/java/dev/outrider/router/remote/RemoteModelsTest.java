package dev.outrider.router.remote;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static dev.outrider.router.remote.Completions.PATH;
import static dev.outrider.router.remote.Completions.completion;
import static dev.outrider.router.remote.Completions.json;
import static dev.outrider.router.remote.Completions.said;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.remote.RemoteException.Kind;

/** The remote tier against a real HTTP server that misbehaves on demand. */
class RemoteModelsTest {

    private static final String KEY = "sk-very-secret-123";
    private static final ChatRequest HELLO =
            ChatRequest.builder().messages(UserMessage.from("Hello?")).build();

    @RegisterExtension
    static final WireMockExtension SERVER =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    private static final RemoteModelSettings BIG =
            RemoteModelSettings.priced("big", new BigDecimal("5"), new BigDecimal("20"), 100);

    /** Two attempts at most and hardly any pause. */
    private static RemoteChain model(Patience patience) {
        return RemoteModels.chain(
                        List.of(BIG),
                        patience.build(),
                        Map.of("OUTRIDER_LLM_URL", SERVER.baseUrl() + "/v1", "OUTRIDER_LLM_KEY", KEY,
                                "OUTRIDER_LLM_MODEL", "big-1"))
                .orElseThrow();
    }

    private static RemoteChain at(String url) {
        ResilienceSettings patience = new Patience().build();
        return RemoteChain.of(BIG, RemoteModels.openAiCompatible(url, null, "m", patience.timeout()), patience);
    }

    private static ChatResponse ask(RemoteChain chain, ChatRequest request) {
        return chain.ask(request, ChatRequestOptions.EMPTY).response();
    }

    private static void serve(ResponseDefinitionBuilder response) {
        SERVER.stubFor(post(PATH).willReturn(response));
    }

    private static RemoteException failure(Patience patience) {
        try {
            ChatResponse response = ask(model(patience), HELLO);
            throw new AssertionError("answered " + response);
        } catch (RemoteException e) {
            assertThat(e.getMessage()).doesNotContain("\n").doesNotContain(KEY);
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            assertThat(trace.toString()).doesNotContain(KEY);
            return e;
        }
    }

    private static void requestsSent(int count) {
        SERVER.verify(count, postRequestedFor(urlEqualTo(PATH)));
    }

    @Test
    void an_answer_comes_back_with_usage_and_the_key_goes_out_as_bearer() {
        serve(json(200, said("Hi.")));
        ChatResponse response = ask(model(new Patience()), HELLO);
        assertThat(response.aiMessage().text()).isEqualTo("Hi.");
        assertThat(response.modelName()).isEqualTo("big-1-0613");
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(11);
        SERVER.verify(postRequestedFor(urlEqualTo(PATH))
                .withHeader("Authorization", equalTo("Bearer " + KEY))
                .withRequestBody(matchingJsonPath("$.model", equalTo("big-1"))));
    }

    @ParameterizedTest
    @CsvSource({
        "400, BAD_REQUEST, 1",
        "401, UNAUTHORISED, 1",
        "403, UNAUTHORISED, 1",
        "404, NOT_FOUND, 1",
        "413, BAD_REQUEST, 1",
        "302, GARBAGE, 1",
        "408, TIMEOUT, 2",
        "429, RATE_LIMITED, 2",
        "500, SERVER_ERROR, 2",
        "503, SERVER_ERROR, 2"
    })
    void every_status_has_its_meaning_and_only_passing_faults_are_tried_again(int status, Kind kind, int requests) {
        serve(json(status, "{\"error\":{\"message\":\"No,\\nbecause.\"}}"));
        RemoteException e = failure(new Patience());
        assertThat(e.kind()).isEqualTo(kind);
        assertThat(e.bill().requests()).isEqualTo(requests);
        assertThat(e).hasMessageContaining(String.valueOf(status));
        requestsSent(requests);
    }

    @Test
    void a_wrong_key_is_named_by_its_variable_and_never_shown_even_when_the_server_does() {
        serve(json(401, "{\"error\":{\"message\":\"Incorrect API key provided: " + KEY + "\"}}"));
        assertThat(failure(new Patience()))
                .hasMessageContaining("check OUTRIDER_LLM_KEY")
                .hasMessageContaining("Incorrect API key provided: ***");
    }

    @Test
    void a_slow_answer_is_a_timeout_and_is_tried_again() {
        serve(json(200, said("Hi.")).withFixedDelay(3000));
        RemoteException e = failure(new Patience().timeout(Duration.ofMillis(500)));
        assertThat(e.kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(e).hasMessageContaining("500ms").hasMessageContaining("(2 times)");
        assertThat(e.bill().calls()).allSatisfy(call -> assertThat(call.microUsd()).isPositive());
    }

    @Test
    void a_body_that_trickles_is_a_timeout_too() {
        serve(json(200, said("Hi.")).withChunkedDribbleDelay(20, 6000));
        assertThat(failure(new Patience().timeout(Duration.ofSeconds(1)).maxAttempts(1)).kind())
                .isEqualTo(Kind.TIMEOUT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER", "RANDOM_DATA_THEN_CLOSE", "MALFORMED_RESPONSE_CHUNK"})
    void a_broken_connection_is_tried_again_and_then_told(String fault) {
        serve(aResponse().withFault(Fault.valueOf(fault)));
        RemoteException e = failure(new Patience());
        assertThat(e.kind()).as(fault).isEqualTo(Kind.DROPPED);
        assertThat(e.bill().requests()).isEqualTo(2);
    }

    @Test
    void half_a_body_is_a_broken_connection() throws IOException {
        String body = said("Hi.");
        try (RawServer server = RawServer.answering("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body.substring(0, body.length() / 2))) {
            RemoteChain model = at(server.url());
            assertThatThrownBy(() -> ask(model, HELLO))
                    .isInstanceOfSatisfying(RemoteException.class, e -> {
                        assertThat(e.kind()).isEqualTo(Kind.DROPPED);
                        assertThat(e.getMessage()).contains("before the answer was complete").doesNotContain("\n");
                    });
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html><body>Welcome to the proxy</body></html>",
                "{\"choices\":[{\"message\":",
                "",
                "null",
                "[]",
                "42",
                "{\"choices\":[{}]}",
                "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"tool_calls\":[{\"type\":\"function\"}]}}]}"
            })
    void garbage_is_told_as_garbage_and_not_asked_for_again(String body) {
        serve(json(200, body));
        RemoteException e = failure(new Patience());
        assertThat(e.kind()).as(e.getMessage()).isEqualTo(Kind.GARBAGE);
        assertThat(e).hasMessageContaining("OpenAI-compatible endpoint");
        requestsSent(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"choices\":[]}", "{}", "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"\"}}]}"})
    void an_empty_completion_is_told_as_empty(String body) {
        serve(json(200, body));
        assertThat(failure(new Patience()).kind()).isEqualTo(Kind.EMPTY);
    }

    @Test
    void a_refusal_of_the_model_is_told_as_one() {
        serve(json(200, completion("{\"role\":\"assistant\",\"refusal\":\"I will not.\"}")));
        RemoteException e = failure(new Patience());
        assertThat(e.kind()).isEqualTo(Kind.CONTENT_REFUSED);
        assertThat(e).hasMessageContaining("I will not.");
    }

    @Test
    void nobody_at_the_address_is_told_as_unreachable() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        RemoteChain model = at("http://127.0.0.1:" + port + "/v1");
        assertThatThrownBy(() -> ask(model, HELLO))
                .isInstanceOfSatisfying(RemoteException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE))
                .hasMessageContaining("OUTRIDER_LLM_URL");
    }

    @Test
    void a_wrong_key_does_not_open_the_breaker() {
        RemoteChain model = model(new Patience().breaker(2, Duration.ofSeconds(30)));
        serve(json(401, "no"));
        for (int i = 0; i < 6; i++) {
            assertThatThrownBy(() -> ask(model, HELLO))
                    .isInstanceOfSatisfying(RemoteException.class, e -> assertThat(e.kind()).isEqualTo(
                            Kind.UNAUTHORISED));
        }
    }

    @Test
    void tool_names_with_dots_go_out_and_come_back() {
        serve(json(
                200,
                completion("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":"
                        + "{\"name\":\"shop_get_2\",\"arguments\":\"{}\"}},{\"id\":\"a\",\"type\":\"function\",\"function\":"
                        + "{\"name\":\"made_up\",\"arguments\":\"{}\"}}]}")));
        ToolExecutionRequest earlier =
                ToolExecutionRequest.builder().id("e1").name("shop.get").arguments("{}").build();
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from("x"), AiMessage.from(earlier), ToolExecutionResultMessage.from(
                        earlier, "{}"))
                .toolSpecifications(
                        ToolSpecification.builder().name("shop.get").build(),
                        ToolSpecification.builder().name("shop_get").build())
                .build();
        AiMessage answer = ask(model(new Patience()), request).aiMessage();
        assertThat(answer.toolExecutionRequests())
                .extracting(ToolExecutionRequest::name)
                .containsExactly("shop.get", "made_up");
        assertThat(answer.toolExecutionRequests()).extracting(ToolExecutionRequest::id).doesNotHaveDuplicates();
        SERVER.verify(postRequestedFor(urlEqualTo(PATH))
                .withRequestBody(matchingJsonPath("$.tools[0].function.name", equalTo("shop_get_2")))
                .withRequestBody(matchingJsonPath("$.tools[1].function.name", equalTo("shop_get")))
                .withRequestBody(matchingJsonPath("$.messages[1].tool_calls[0].function.name", equalTo("shop_get_2"))));
    }

    @Test
    void an_interrupt_ends_the_exchange() throws Exception {
        serve(json(200, said("Hi.")).withFixedDelay(20_000));
        RemoteChain model = model(new Patience());
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                ask(model, HELLO);
            } catch (RuntimeException e) {
                thrown.set(e);
            }
        });
        caller.start();
        Thread.sleep(300);
        caller.interrupt();
        caller.join(5_000);
        assertThat(caller.isAlive()).isFalse();
        assertThat(thrown.get())
                .isInstanceOfSatisfying(RemoteException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
    }

    @Test
    void nothing_is_printed_and_so_no_key() {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream caught = new ByteArrayOutputStream();
        try (PrintStream catching = new PrintStream(caught, true, StandardCharsets.UTF_8)) {
            System.setOut(catching);
            System.setErr(catching);
            serve(json(500, "down"));
            RemoteChain model = model(new Patience());
            assertThatThrownBy(() -> ask(model, HELLO)).isInstanceOf(RemoteException.class);
            assertThat(model.toString()).doesNotContain(KEY).contains("big");
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        assertThat(caught.toString(StandardCharsets.UTF_8)).doesNotContain(KEY);
    }

    @Test
    void a_model_of_the_policy_with_an_address_of_its_own_needs_only_its_key_from_the_environment() {
        serve(json(200, said("Hi.")));
        RemoteModelSettings own = new RemoteModelSettings(
                "own", new BigDecimal("1"), new BigDecimal("2"), 100, SERVER.baseUrl() + "/v1", "own-7b", "OWN_KEY");
        RemoteChain chain = RemoteModels.chain(
                        List.of(BIG, own), new Patience().build(), Map.of("OWN_KEY", KEY))
                .orElseThrow();
        assertThat(chain.names()).as("the environment names no other").containsExactly("own");
        assertThat(ask(chain, HELLO).aiMessage().text()).isEqualTo("Hi.");
        SERVER.verify(postRequestedFor(urlEqualTo(PATH))
                .withHeader("Authorization", equalTo("Bearer " + KEY))
                .withRequestBody(matchingJsonPath("$.model", equalTo("own-7b"))));
    }

    @Test
    void a_bad_address_in_the_policy_is_told_with_its_model() {
        RemoteModelSettings own = new RemoteModelSettings(
                "own", new BigDecimal("1"), new BigDecimal("2"), 100, "gpu-1/v1", "own-7b", "OWN_KEY");
        assertThatThrownBy(() -> RemoteModels.chain(List.of(own), ResilienceSettings.DEFAULTS, Map.of()))
                .hasMessageContaining("the url of models.remote own must start with http://");
    }

    @Test
    void without_a_url_there_is_no_llm() {
        assertThat(RemoteModels.chain(List.of(BIG), ResilienceSettings.DEFAULTS, Map.of())).isEqualTo(Optional.empty());
        assertThat(RemoteModels.chain(
                        List.of(BIG), ResilienceSettings.DEFAULTS, Map.of("OUTRIDER_LLM_URL", " ", "OUTRIDER_LLM_KEY", "x")))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "ftp://host/v1, m, k, http://",
        "host/v1, m, k, http://",
        "http:///v1, m, k, no host",
        "http://ho st/v1, m, k, not a URL",
        "https://user:secret@host/v1, m, k, password",
        "https://host/v1?key=1, m, k, without ?",
        "https://host/v1, '', k, OUTRIDER_LLM_MODEL",
        "https://host/v1, m, 'two words', OUTRIDER_LLM_KEY",
        "https://host/v1, m, schlüssel, OUTRIDER_LLM_KEY"
    })
    void unusable_settings_are_told_in_one_line_without_the_key(String url, String model, String key, String part) {
        assertThatThrownBy(() -> RemoteModels.chain(
                        List.of(BIG),
                        ResilienceSettings.DEFAULTS,
                        Map.of("OUTRIDER_LLM_URL", url, "OUTRIDER_LLM_MODEL", model, "OUTRIDER_LLM_KEY", key)))
                .isInstanceOfSatisfying(RemoteException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONFIGURATION))
                .satisfies(e -> assertThat(e.getMessage()).contains(part).doesNotContain("\n"))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("two words").doesNotContain("schlüssel")
                        .doesNotContain("secret@"));
    }

    @Test
    void a_url_may_end_with_the_whole_path() {
        serve(json(200, said("Hi.")));
        RemoteChain model = at(SERVER.baseUrl() + PATH);
        assertThat(ask(model, HELLO).aiMessage().text()).isEqualTo("Hi.");
    }
}
