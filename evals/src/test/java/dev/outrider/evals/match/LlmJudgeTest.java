package dev.outrider.evals.match;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import dev.outrider.evals.suite.Json;
import dev.outrider.router.remote.RemoteModels;

/** A judge behind a real HTTP server, asked by the client of production. */
class LlmJudgeTest {

    private final List<JsonNode> asked = new ArrayList<>();
    private Function<JsonNode, String> mind = material -> "TIE";
    private HttpServer server;
    private LlmJudge judge;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                JsonNode request = Json.read(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                JsonNode material = Json.read(request.path("messages").get(1).path("content").asText());
                asked.add(material);
                byte[] body = Json.write(Map.of("id", "1", "object", "chat.completion", "created", 0, "model", "judge", "choices", List.of(
                                Map.of("index", 0, "finish_reason", "stop", "message", Map.of("role", "assistant", "content", mind.apply(material))))))
                        .getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
        judge = new LlmJudge(RemoteModels.openAiCompatible(
                "http://127.0.0.1:" + server.getAddress().getPort() + "/v1", null, "judge", Duration.ofSeconds(10)));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void theRepliesChangePlacesAndTheReferenceIsNotNamed() {
        judge.judge("Where is it?", "At the depot.", "No idea.");
        assertThat(asked).hasSize(2);
        assertThat(asked.get(0).path("first").asText()).isEqualTo("At the depot.");
        assertThat(asked.get(1).path("first").asText()).isEqualTo("No idea.");
        assertThat(asked.toString()).doesNotContainIgnoringCase("reference").doesNotContainIgnoringCase("gold");
    }

    @Test
    void aReplyWinsOnlyWhenItWinsInBothPlaces() {
        mind = m -> m.path("first").asText().contains("depot") ? "FIRST" : "SECOND";
        assertThat(judge.judge("q", "No idea.", "At the depot.")).isEqualTo(LlmJudge.Outcome.WIN);
        assertThat(judge.judge("q", "At the depot.", "No idea.")).isEqualTo(LlmJudge.Outcome.LOSS);
        assertThat(judge.verdict("q", "At the depot.", "No idea.").reason()).contains("worse than the reference");
        mind = m -> "Tie.";
        assertThat(judge.judge("q", "a", "b")).isEqualTo(LlmJudge.Outcome.TIE);
    }

    @Test
    void aJudgeThatGoesByThePlaceIsCountedAndDecidesNothing() {
        mind = m -> "FIRST";
        assertThat(judge.judge("q", "a", "b")).isEqualTo(LlmJudge.Outcome.SWAYED);
        mind = m -> "SECOND";
        assertThat(judge.judge("q", "a", "b")).isEqualTo(LlmJudge.Outcome.SWAYED);
        assertThat(judge.counts()).containsEntry(LlmJudge.Outcome.SWAYED, 2);
    }

    @Test
    void halfAWinIsATieAndHalfALossIsALoss() {
        mind = m -> m.path("first").asText().equals("b") ? "FIRST" : "TIE";
        assertThat(judge.judge("q", "a", "b")).isEqualTo(LlmJudge.Outcome.TIE);
        mind = m -> m.path("first").asText().equals("a") ? "FIRST" : "TIE";
        assertThat(judge.judge("q", "a", "b")).isEqualTo(LlmJudge.Outcome.LOSS);
    }

    @Test
    void anAnswerThatNamesNoWinnerIsInvalid() {
        mind = m -> "Both replies have their merits: the first…";
        assertThat(judge.judge("q", "a", "b")).isEqualTo(LlmJudge.Outcome.INVALID);
        assertThat(judge.verdict("q", "a", "b").right()).isFalse();
        assertThat(judge.counts()).containsEntry(LlmJudge.Outcome.INVALID, 2);
    }
}
