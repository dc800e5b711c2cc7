package dev.outrider.router.privacy;

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

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import dev.outrider.router.remote.Patience;
import dev.outrider.router.remote.RawServer;
import dev.outrider.router.remote.RemoteChain;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.RemoteModels;

/** What passes the door, told by the bytes that arrive behind it. */
class EgressGateTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Redactor REDACTOR = Redactor.of(RedactionSettings.DEFAULTS);
    private static final ChatRequest HELLO = ChatRequest.builder()
            .messages(UserMessage.from("I am jane@example.org"))
            .build();

    @RegisterExtension
    static final WireMockExtension LLM =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    private static EgressGate gate(String url) {
        RemoteChain chain = RemoteModels.chain(
                        List.of(RemoteModelSettings.priced("big", new BigDecimal("5"), new BigDecimal("20"), 100)),
                        new Patience().build(),
                        Map.of("OUTRIDER_LLM_URL", url, "OUTRIDER_LLM_MODEL", "big-1"))
                .orElseThrow();
        return new EgressGate(chain, REDACTOR);
    }

    private static EgressGate gate() {
        return gate(LLM.baseUrl() + "/v1");
    }

    private static EgressGate.Passed ask(Egress egress, ChatRequest request, List<String> names) {
        return gate().ask(egress, request, ChatRequestOptions.EMPTY, names);
    }

    private static List<LoggedRequest> arrived() {
        return LLM.findAll(postRequestedFor(urlEqualTo(PATH)));
    }

    @Test
    void local_only_refuses_before_a_connection_is_made() throws IOException {
        try (RawServer socket = RawServer.answering("HTTP/1.1 200 OK\r\n\r\n")) {
            EgressGate gate = gate(socket.url());
            assertThatThrownBy(() -> gate.ask(Egress.LOCAL_ONLY, HELLO, ChatRequestOptions.EMPTY, List.of()))
                    .isInstanceOf(EgressRefusedException.class)
                    .hasMessageContaining("nothing was sent to the LLM")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").doesNotContain("jane"));
            assertThat(socket.connections()).isZero();
        }
    }

    @Test
    @SuppressWarnings("NullAway")
    void who_does_not_say_what_may_leave_lets_nothing_leave() throws IOException {
        try (RawServer socket = RawServer.answering("HTTP/1.1 200 OK\r\n\r\n")) {
            EgressGate gate = gate(socket.url());
            assertThatThrownBy(() -> gate.ask(null, HELLO, ChatRequestOptions.EMPTY, List.of()))
                    .isInstanceOf(NullPointerException.class);
            assertThat(socket.connections()).isZero();
        }
    }

    @Test
    void any_sends_it_as_it_is() {
        LLM.stubFor(post(PATH).willReturn(json(200, said("Hi."))));
        assertThat(ask(Egress.ANY, HELLO, List.of()).redactions()).isZero();
        assertThat(arrived().getFirst().getBodyAsString()).contains("jane@example.org");
    }

    @Test
    void redacted_sends_placeholders_and_hands_out_the_values() {
        LLM.stubFor(post(PATH).willReturn(json(
                200,
                completion("{\"role\":\"assistant\",\"content\":\"Dear <NAME_1>\",\"tool_calls\":[{\"id\":\"a\",\"type\":"
                        + "\"function\",\"function\":{\"name\":\"mail\",\"arguments\":\"{\\\"to\\\":\\\"<email_1>\\\"}\"}}]}"))));
        ChatRequest request = ChatRequest.builder()
                .messages(UserMessage.from("I am Jane Doe, jane@example.org"))
                .build();
        EgressGate.Passed passed = ask(Egress.REDACTED, request, List.of("Jane Doe"));
        assertThat(passed.redactions()).isEqualTo(2);
        AiMessage answer = passed.reply().response().aiMessage();
        assertThat(answer.text()).isEqualTo("Dear Jane Doe");
        assertThat(answer.toolExecutionRequests().getFirst().arguments()).isEqualTo("{\"to\":\"jane@example.org\"}");
        assertThat(arrived().getFirst().getBodyAsString())
                .contains("I am <NAME_1>, <EMAIL_1>")
                .doesNotContain("Jane")
                .doesNotContain("jane");
    }

    @Test
    void a_redactor_that_fails_lets_nothing_leave() throws IOException {
        try (RawServer socket = RawServer.answering("HTTP/1.1 200 OK\r\n\r\n")) {
            RemoteChain chain = RemoteModels.chain(
                            List.of(RemoteModelSettings.priced("big", BigDecimal.ONE, BigDecimal.ONE, 100)),
                            new Patience().build(),
                            Map.of("OUTRIDER_LLM_URL", socket.url(), "OUTRIDER_LLM_MODEL", "m"))
                    .orElseThrow();
            EgressGate gate = new EgressGate(chain, (request, names) -> {
                throw new IllegalStateException("broken");
            });
            assertThatThrownBy(() -> gate.ask(Egress.REDACTED, HELLO, ChatRequestOptions.EMPTY, List.of()))
                    .hasMessage("broken");
            assertThat(socket.connections()).isZero();
        }
    }

    @Test
    void no_value_is_among_the_bytes_that_arrive_wherever_it_stood() throws JsonProcessingException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        SensitiveValues values = new SensitiveValues(random);
        LLM.stubFor(post(PATH).willReturn(json(200, said("Hi."))));
        EgressGate gate = gate();
        for (int round = 0; round < 40; round++) {
            List<String> hidden = new ArrayList<>();
            ChatRequest request = request(values, hidden);
            gate.ask(Egress.REDACTED, request, ChatRequestOptions.EMPTY, values.names());
            String body = new String(arrived().getLast().getBody(), StandardCharsets.UTF_8);
            String read = JSON.readTree(body).toString();
            assertThat(hidden)
                    .as("seed %d, round %d: %s", seed, round, body)
                    .noneMatch(value -> body.contains(value) || body.contains(escaped(value)) || read.contains(value));
            LLM.resetRequests();
        }
    }

    private static ChatRequest request(SensitiveValues values, List<String> hidden) throws JsonProcessingException {
        ToolExecutionRequest call = ToolExecutionRequest.builder()
                .id("1")
                .name("find")
                .arguments(JSON.writeValueAsString(Map.of("q", hide(values, hidden))))
                .build();
        return ChatRequest.builder()
                .messages(
                        SystemMessage.from(hide(values, hidden)),
                        UserMessage.from(hide(values, hidden)),
                        AiMessage.builder()
                                .text(hide(values, hidden))
                                .toolExecutionRequests(List.of(call))
                                .build(),
                        ToolExecutionResultMessage.from(
                                call, JSON.writeValueAsString(List.of(hide(values, hidden), Map.of("k", hide(values, hidden))))),
                        ToolExecutionResultMessage.from(call, hide(values, hidden)))
                .build();
    }

    private static String hide(SensitiveValues values, List<String> hidden) {
        String value = values.value();
        hidden.add(value);
        return values.filler() + values.apart(value) + values.filler();
    }

    private static String escaped(String value) {
        return JsonText.escaped(value);
    }
}
