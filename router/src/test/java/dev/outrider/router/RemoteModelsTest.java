package dev.outrider.router;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemoteException.Kind;
import dev.outrider.router.remote.RemoteModels;

/** The remote tier against a real HTTP server that misbehaves on demand. */
class RemoteModelsTest {

    private static final String KEY = "sk-very-secret-123";
    private static final String PATH = "/v1/chat/completions";
    private static final ChatRequest HELLO =
            ChatRequest.builder().messages(UserMessage.from("Hello?")).build();

    @RegisterExtension
    static final WireMockExtension SERVER =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    /** Two attempts at most and hardly any pause. */
    private static Policy policy(String... more) {
        String[] quick = {
            "max-attempts: 3", "max-attempts: 2", "first-wait: 500ms", "first-wait: 1ms",
            "max-wait: 20s", "max-wait: 2s"
        };
        String text = Policies.changedText(quick);
        for (int i = 0; i < more.length; i += 2) {
            text = text.replace(more[i], more[i + 1]);
        }
        return PolicyReader.read("test.yaml", text);
    }

    private static ChatModel model(Policy policy) {
        return RemoteModels.fromEnvironment(
                        Map.of("OUTRIDER_LLM_URL", SERVER.baseUrl() + "/v1", "OUTRIDER_LLM_KEY",
                                KEY, "OUTRIDER_LLM_MODEL", "big-1"),
                        policy)
                .orElseThrow();
    }

    private static void serve(ResponseDefinitionBuilder response) {
        SERVER.stubFor(post(PATH).willReturn(response));
    }

    private static ResponseDefinitionBuilder json(int status, String body) {
        return aResponse().withStatus(status).withHeader("Content-Type", "application/json").withBody(body);
    }

    private static String completion(String message) {
        return """
                {"id":"c1","object":"chat.completion","created":1,"model":"big-1-0613","choices":[{"index":0,"message":%s,\
                "finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}"""
                .formatted(message);
    }

    private static String said(String text) {
        return completion("{\"role\":\"assistant\",\"content\":\"" + text + "\"}");
    }

    private static RemoteException failure(Policy policy) {
        try {
            ChatResponse response = model(policy).chat(HELLO);
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
        ChatResponse response = model(policy()).chat(HELLO);
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
        RemoteException e = failure(policy());
        assertThat(e.kind()).isEqualTo(kind);
        assertThat(e.attempts()).isEqualTo(requests);
        assertThat(e).hasMessageContaining(String.valueOf(status));
        requestsSent(requests);
    }

    @Test
    void a_wrong_key_is_named_by_its_variable_and_never_shown_even_when_the_server_does() {
        serve(json(401, "{\"error\":{\"message\":\"Incorrect API key provided: " + KEY + "\"}}"));
        assertThat(failure(policy()))
                .hasMessageContaining("check OUTRIDER_LLM_KEY")
                .hasMessageContaining("Incorrect API key provided: ***");
    }

    @Test
    void a_second_attempt_may_succeed() {
        SERVER.stubFor(post(PATH)
                .inScenario("s")
                .whenScenarioStateIs(Scenario.STARTED)
                .willReturn(json(500, "oops"))
                .willSetStateTo("well"));
        SERVER.stubFor(post(PATH).inScenario("s").whenScenarioStateIs("well").willReturn(json(200, said("Hi."))));
        assertThat(model(policy()).chat(HELLO).aiMessage().text()).isEqualTo("Hi.");
        requestsSent(2);
    }

    @Test
    void retry_after_is_waited_for() {
        SERVER.stubFor(post(PATH)
                .inScenario("s")
                .whenScenarioStateIs(Scenario.STARTED)
                .willReturn(json(429, "slow down").withHeader("Retry-After", "1"))
                .willSetStateTo("well"));
        SERVER.stubFor(post(PATH).inScenario("s").whenScenarioStateIs("well").willReturn(json(200, said("Hi."))));
        long begin = System.nanoTime();
        assertThat(model(policy()).chat(HELLO).aiMessage().text()).isEqualTo("Hi.");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_retry_after_beyond_the_policy_is_not_waited_for_but_told() {
        serve(json(429, "slow down").withHeader("Retry-After", "120"));
        RemoteException e = failure(policy());
        assertThat(e.kind()).isEqualTo(Kind.RATE_LIMITED);
        assertThat(e.retryAfter()).contains(Duration.ofMinutes(2));
        assertThat(e).hasMessageContaining("retry after 2m");
        requestsSent(1);
    }

    @Test
    void a_slow_answer_is_a_timeout_and_is_tried_again() {
        serve(json(200, said("Hi.")).withFixedDelay(3000));
        RemoteException e = failure(policy("timeout: 60s", "timeout: 500ms"));
        assertThat(e.kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(e).hasMessageContaining("500ms").hasMessageContaining("2 attempts");
        assertThat(e.attemptsMaybeBilled()).isEqualTo(2);
    }

    @Test
    void a_body_that_trickles_is_a_timeout_too() {
        serve(json(200, said("Hi.")).withChunkedDribbleDelay(20, 6000));
        assertThat(failure(policy("timeout: 60s", "timeout: 1s", "max-attempts: 2", "max-attempts: 1")).kind())
                .isEqualTo(Kind.TIMEOUT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER", "RANDOM_DATA_THEN_CLOSE", "MALFORMED_RESPONSE_CHUNK"})
    void a_broken_connection_is_tried_again_and_then_told(String fault) {
        serve(aResponse().withFault(Fault.valueOf(fault)));
        RemoteException e = failure(policy());
        assertThat(e.kind()).as(fault).isEqualTo(Kind.DROPPED);
        assertThat(e.attempts()).isEqualTo(2);
    }

    @Test
    void half_a_body_is_a_broken_connection() throws IOException {
        String body = said("Hi.");
        try (RawServer server = new RawServer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body.substring(0, body.length() / 2))) {
            ChatModel model = RemoteModels.openAiCompatible("http://127.0.0.1:" + server.port() + "/v1", null, "m",
                    policy());
            assertThatThrownBy(() -> model.chat(HELLO))
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
        RemoteException e = failure(policy());
        assertThat(e.kind()).as(e.getMessage()).isEqualTo(Kind.GARBAGE);
        assertThat(e).hasMessageContaining("OpenAI-compatible endpoint");
        requestsSent(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"choices\":[]}", "{}", "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"\"}}]}"})
    void an_empty_completion_is_told_as_empty(String body) {
        serve(json(200, body));
        assertThat(failure(policy()).kind()).isEqualTo(Kind.EMPTY);
    }

    @Test
    void a_refusal_of_the_model_is_told_as_one() {
        serve(json(200, completion("{\"role\":\"assistant\",\"refusal\":\"I will not.\"}")));
        RemoteException e = failure(policy());
        assertThat(e.kind()).isEqualTo(Kind.CONTENT_REFUSED);
        assertThat(e).hasMessageContaining("I will not.");
    }

    @Test
    void nobody_at_the_address_is_told_as_unreachable() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        ChatModel model = RemoteModels.openAiCompatible("http://127.0.0.1:" + port + "/v1", null, "m", policy());
        assertThatThrownBy(() -> model.chat(HELLO))
                .isInstanceOfSatisfying(RemoteException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE))
                .hasMessageContaining("OUTRIDER_LLM_URL");
    }

    @Test
    void the_breaker_opens_after_many_failures_and_closes_again_by_itself() throws InterruptedException {
        Policy policy = policy("max-attempts: 2", "max-attempts: 1", "min-calls: 5", "min-calls: 3", "open-for: 30s", "open-for: 300ms");
        ChatModel model = model(policy);
        serve(json(500, "down"));
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> model.chat(HELLO)).isInstanceOf(RemoteException.class);
        }
        assertThatThrownBy(() -> model.chat(HELLO))
                .isInstanceOfSatisfying(RemoteException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.BREAKER_OPEN);
                    assertThat(e.attempts()).isZero();
                });
        requestsSent(3);
        serve(json(200, said("Up again.")));
        Thread.sleep(400);
        assertThat(model.chat(HELLO).aiMessage().text()).isEqualTo("Up again.");
    }

    @Test
    void a_wrong_key_does_not_open_the_breaker() {
        ChatModel model = model(policy("min-calls: 5", "min-calls: 2"));
        serve(json(401, "no"));
        for (int i = 0; i < 6; i++) {
            assertThatThrownBy(() -> model.chat(HELLO))
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
        AiMessage answer = model(policy()).chat(request).aiMessage();
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
        ChatModel model = model(policy());
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                model.chat(HELLO);
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
            ChatModel model = model(policy());
            assertThatThrownBy(() -> model.chat(HELLO)).isInstanceOf(RemoteException.class);
            assertThat(model.toString()).doesNotContain(KEY).contains("big-1");
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        assertThat(caught.toString(StandardCharsets.UTF_8)).doesNotContain(KEY);
    }

    @Test
    void without_a_url_there_is_no_llm() {
        assertThat(RemoteModels.fromEnvironment(Map.of(), policy())).isEqualTo(Optional.empty());
        assertThat(RemoteModels.fromEnvironment(Map.of("OUTRIDER_LLM_URL", " ", "OUTRIDER_LLM_KEY", "x"), policy()))
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
        assertThatThrownBy(() -> RemoteModels.fromEnvironment(
                        Map.of("OUTRIDER_LLM_URL", url, "OUTRIDER_LLM_MODEL", model, "OUTRIDER_LLM_KEY", key),
                                policy()))
                .isInstanceOfSatisfying(RemoteException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONFIGURATION))
                .satisfies(e -> assertThat(e.getMessage()).contains(part).doesNotContain("\n"))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("two words").doesNotContain("schlüssel")
                        .doesNotContain("secret@"));
    }

    @Test
    void a_url_may_end_with_the_whole_path() {
        serve(json(200, said("Hi.")));
        ChatModel model = RemoteModels.openAiCompatible(SERVER.baseUrl() + PATH, null, "m", policy());
        assertThat(model.chat(HELLO).aiMessage().text()).isEqualTo("Hi.");
    }

    /** Sends every caller the same bytes and hangs up. */
    private static final class RawServer implements AutoCloseable {

        private final ServerSocket socket = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());

        RawServer(String response) throws IOException {
            Thread.ofVirtual().start(() -> {
                while (!socket.isClosed()) {
                    try (Socket caller = socket.accept()) {
                        InputStream in = caller.getInputStream();
                        in.read(new byte[65_536]);
                        caller.getOutputStream().write(response.getBytes(StandardCharsets.UTF_8));
                        caller.getOutputStream().flush();
                    } catch (IOException e) {
                        return;
                    }
                }
            });
        }

        int port() {
            return socket.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
