package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufWriter;

/** Thoughts with a budget, by the model that ships under a header that says it thinks: what it thinks is nonsense, how long is not. */
class SlmThinkingTest {

    private static final ToolSpecification GET_ORDER = ToolSpecification.builder()
            .name("get_order")
            .parameters(JsonObjectSchema.builder().addStringProperty("order_id").required("order_id").build())
            .build();

    @TempDir
    static Path directory;

    private static SlmChatModel model;

    @BeforeAll
    static void load() {
        Path file = directory.resolve("thinking.gguf");
        try (Gguf gguf = Gguf.open(EmbeddedModel.file())) {
            Map<String, Object> metadata = new HashMap<>(gguf.metadata().asMap());
            metadata.put("outrider.thinking", true);
            GgufWriter.write(file, metadata, gguf.tensors().values().stream().map(GgufWriter.Tensor::of).toList());
        }
        model = SlmChatModel.builder().modelPath(file).temperature(1.5).seed(5L).maxOutputTokens(80).build();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static ChatRequest request(ChatRequestParameters parameters) {
        return request("Has ORD-48213 left the house yet?", parameters);
    }

    private static ChatRequest request(String text, ChatRequestParameters parameters) {
        return ChatRequest.builder().messages(UserMessage.from(text)).parameters(parameters).build();
    }

    private static ChatRequestParameters thinking(int most) {
        return SlmChatRequestParameters.builder().toolSpecifications(GET_ORDER).maxThinkTokens(most).build();
    }

    private static TokenEvidence evidence(ChatResponse response) {
        return ((SlmChatResponseMetadata) response.metadata()).evidence();
    }

    @Test
    void thoughtsAreKeptApartCountedApartAndEndWithTheirBudget() {
        int thoughts = 0;
        for (int i = 0; i < 12; i++) {
            int most = new int[] {1, 7, 40}[i % 3];
            ChatResponse response = model.chat(request("Has ORD-4821" + i + " left the house yet?", thinking(most)));
            TokenEvidence evidence = evidence(response);
            assertThat(((SlmChatResponseMetadata) response.metadata()).problem()).isNull();
            // a thought may end before it began; then there is none
            thoughts += response.aiMessage().thinking() == null ? 0 : 1;
            assertThat(evidence.thinkingTokens()).isBetween(response.aiMessage().thinking() == null ? 0 : 1, most);
            assertThat(evidence.tokens().size()).isEqualTo(response.tokenUsage().outputTokenCount());
            assertThat(evidence.tokens().subList(0, evidence.thinkingTokens())).noneMatch(TokenScore::decision);
            // the answer has all its room behind the thoughts
            assertThat(evidence.tokens().size() - evidence.thinkingTokens()).isLessThanOrEqualTo(80 + 2);
            assertThat(response.aiMessage().text() == null ? "" : response.aiMessage().text()).doesNotContain("think>");
        }
        assertThat(thoughts).isPositive();
    }

    @Test
    void withoutABudgetNothingIsThought() {
        for (ChatRequestParameters none : List.of(
                thinking(0), DefaultChatRequestParameters.builder().toolSpecifications(GET_ORDER).build())) {
            ChatResponse response = model.chat(request(none));
            assertThat(response.aiMessage().thinking()).isNull();
            assertThat(evidence(response).thinkingTokens()).isZero();
        }
        assertThatThrownBy(() -> model.chat(request(thinking(-1))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("maxThinkTokens must be at least 0 but is -1");
    }

    @Test
    void aRouterMaySayHowLongToThink() {
        ChatRequestOptions options = ChatRequestOptions.builder()
                .listenerAttributes(Map.of(SlmChatRequestParameters.MAX_THINK_TOKENS, 3))
                .build();
        ChatRequest request = request(DefaultChatRequestParameters.builder().toolSpecifications(GET_ORDER).build());
        ChatResponse response = model.chat(request, options);
        assertThat(response.aiMessage().thinking()).isNotNull();
        assertThat(evidence(response).thinkingTokens()).isBetween(0, 3);
    }

    @Test
    void aRequiredCallMayBeThoughtAboutFirst() {
        ChatResponse response = model.chat(request(SlmChatRequestParameters.builder()
                .toolSpecifications(GET_ORDER)
                .toolChoice(ToolChoice.REQUIRED)
                .maxThinkTokens(5)
                .build()));
        assertThat(response.aiMessage().thinking()).isNotNull();
        assertThat(response.aiMessage().toolExecutionRequests()).isNotEmpty();
    }

    @Test
    void thoughtsAreStreamedApart() {
        StringBuilder thoughts = new StringBuilder();
        StringBuilder text = new StringBuilder();
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        SlmStreamingChatModel.of(model).chat(request(thinking(12)), new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String piece) {
                text.append(piece);
            }

            @Override
            public void onPartialThinking(PartialThinking piece) {
                thoughts.append(piece.text());
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                whole.completeExceptionally(error);
            }
        });
        ChatResponse response = whole.join();
        assertThat(thoughts.toString()).isEqualTo(response.aiMessage().thinking());
        assertThat(text.toString()).isEqualTo(response.aiMessage().text() == null ? "" : response.aiMessage().text());
    }
}
