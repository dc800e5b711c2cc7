package dev.outrider.evals.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.openai.OpenAiChatModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import dev.outrider.evals.Shop;
import dev.outrider.evals.match.Judge;
import dev.outrider.evals.suite.EvalCase;

class SimulatedLlmTest {

    @Test
    void everyCaseIsAnsweredRightOverHttp() throws IOException {
        try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), SimulatedLlmBehaviour.perfect())) {
            OpenAiChatModel model = client(llm);
            for (EvalCase c : Shop.suite().cases()) {
                // this client sends dots as they are; a provider would refuse them, the simulated LLM answers in kind
                var response = model.chat(request(c, c.messages()));
                assertThat(Judge.judge(c, response.aiMessage())).as(c.id()).isEqualTo(dev.outrider.evals.match.Verdict.ok());
                assertThat(response.metadata().modelName()).isEqualTo("simulated-llm");
                assertThat(response.tokenUsage().inputTokenCount()).isPositive();
                assertThat(response.tokenUsage().outputTokenCount()).isPositive();
            }
            assertThat(llm.served()).isEqualTo(Shop.suite().cases().size());
        }
    }

    @Test
    void anAgentsOwnConversationIsServedThoughItsToolResultsDiffer() throws IOException {
        EvalCase c = Shop.evalCase("1/s1");
        List<ChatMessage> live = new ArrayList<>();
        live.add(SystemMessage.from("You work in a shop."));
        live.add(c.messages().getFirst());
        var call = ((AiMessage) c.messages().get(1)).toolExecutionRequests().getFirst();
        live.add(AiMessage.from(call.toBuilder().id("other").build()));
        live.add(ToolExecutionResultMessage.from("other", "get_order", "{\"status\":\"open\"}"));
        try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), SimulatedLlmBehaviour.perfect())) {
            var answer = client(llm).chat(request(c, live)).aiMessage();
            assertThat(Judge.judge(c, answer).right()).isTrue();
        }
    }

    @Test
    void aRequestItDoesNotKnowIsRefusedByName() throws IOException {
        try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), SimulatedLlmBehaviour.perfect())) {
            ChatRequest request = ChatRequest.builder().messages(UserMessage.from("What is the meaning of life?")).build();
            assertThatThrownBy(() -> client(llm).chat(request))
                    .hasStackTraceContaining("unknown_request")
                    .hasStackTraceContaining("What is the meaning of life?");
            assertThat(llm.unknown()).isEqualTo(1);
            assertThat(llm.served()).isZero();
        }
    }

    @Test
    void aConversationThatWentOnBeyondItsCasesIsNotServed() throws IOException {
        EvalCase c = Shop.evalCase("5");
        List<ChatMessage> live = new ArrayList<>(c.messages());
        for (int i = 0; i < 2; i++) {
            live.add(AiMessage.from("Done."));
        }
        live.add(AiMessage.from("Still done."));
        try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), SimulatedLlmBehaviour.perfect())) {
            assertThatThrownBy(() -> client(llm).chat(request(c, live))).hasStackTraceContaining("after 3 answer(s)");
        }
    }

    @Test
    void itFailsWithTheStatusItWasTold() throws IOException {
        var behaviour = SimulatedLlmBehaviour.builder().failRate(1).failStatus(429).build();
        try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), behaviour)) {
            assertThatThrownBy(() -> client(llm).chat(request(Shop.evalCase("5"))))
                    .hasRootCauseInstanceOf(HttpException.class)
                    .rootCause()
                    .satisfies(e -> assertThat(((HttpException) e).statusCode()).isEqualTo(429));
        }
    }

    @Test
    void itHangsUpAndTalksGarbageWhenTold() throws IOException {
        for (var behaviour : List.of(
                SimulatedLlmBehaviour.builder().dropRate(1).build(),
                SimulatedLlmBehaviour.builder().garbageRate(1).build())) {
            try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), behaviour)) {
                assertThatThrownBy(() -> client(llm).chat(request(Shop.evalCase("5")))).isInstanceOf(RuntimeException.class);
                assertThat(llm.requests()).isEqualTo(1);
                assertThat(llm.served()).isZero();
            }
        }
    }

    @Test
    void itIsWrongWhenToldAndRepeatsItselfWithTheSameSeed() throws IOException {
        var behaviour = SimulatedLlmBehaviour.builder().wrongRate(0.5).seed(7).build();
        List<List<Boolean>> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            List<Boolean> verdicts = new ArrayList<>();
            try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), behaviour)) {
                for (EvalCase c : Shop.suite().cases()) {
                    verdicts.add(Judge.judge(c, client(llm).chat(request(c)).aiMessage()).right());
                }
            }
            runs.add(verdicts);
        }
        assertThat(runs.get(0)).isEqualTo(runs.get(1)).contains(true, false);
    }

    @Test
    void itAnswersInKindWhenDotsInToolNamesWereReplaced() throws Exception {
        try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), SimulatedLlmBehaviour.perfect())) {
            String answer = post(llm, """
                    {"model":"m","messages":[{"role":"user","content":"When are you open?"}],
                     "tools":[{"type":"function","function":{"name":"shop_hours","parameters":{"type":"object"}}}]}""");
            assertThat(answer).contains("\"name\":\"shop_hours\"");
        }
    }

    @Test
    void badRequestsAreToldWhatIsWrong() throws Exception {
        try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), SimulatedLlmBehaviour.perfect())) {
            assertThat(post(llm, "{")).contains("no JSON");
            assertThat(post(llm, "{\"messages\":[]}")).contains("messages must be a non-empty list");
            assertThat(post(llm, "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")).contains("streaming is not simulated");
        }
    }

    @Test
    void itListensOnLoopbackOnly() throws IOException {
        try (SimulatedLlm llm = SimulatedLlm.start(Shop.suite().cases(), SimulatedLlmBehaviour.perfect())) {
            assertThat(llm.baseUrl().getHost()).isEqualTo("127.0.0.1");
        }
    }

    private static String post(SimulatedLlm llm, String body) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create(llm.baseUrl() + "/chat/completions"))
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static ChatRequest request(EvalCase c) {
        return request(c, c.messages());
    }

    private static ChatRequest request(EvalCase c, List<ChatMessage> messages) {
        return ChatRequest.builder().messages(messages).toolSpecifications(c.specifications()).build();
    }

    private static OpenAiChatModel client(SimulatedLlm llm) {
        return OpenAiChatModel.builder()
                .baseUrl(llm.baseUrl().toString())
                .apiKey("none")
                .modelName("simulated-llm")
                .maxRetries(0)
                .timeout(Duration.ofSeconds(20))
                .build();
    }
}
