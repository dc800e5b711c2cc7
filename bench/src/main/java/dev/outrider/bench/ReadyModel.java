package dev.outrider.bench;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.stream.IntStream;

import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.slm.TokenScore;

/** A local model that has its answer ready: the call of a desk tool in 24 tokens. */
final class ReadyModel implements ChatModel {

    /** What it calls itself. */
    static final String NAME = "ready";

    private static final int ANSWER_TOKENS = 24;

    private final ChatResponse response = ChatResponse.builder()
            .aiMessage(AiMessage.from(ToolExecutionRequest.builder()
                    .id("call_1")
                    .name("get_order")
                    .arguments("{\"order_id\":\"ORD-48213\"}")
                    .build()))
            .metadata(SlmChatResponseMetadata.builder()
                    .modelName(NAME)
                    .finishReason(FinishReason.TOOL_EXECUTION)
                    .tokenUsage(new TokenUsage(200, ANSWER_TOKENS))
                    .evidence(evidence())
                    .build())
            .build();

    private static TokenEvidence evidence() {
        List<TokenScore> tokens = IntStream.range(0, ANSWER_TOKENS)
                .mapToObj(id -> new TokenScore(id, "x", -0.001, 0.99, id % 2 == 0))
                .toList();
        return new TokenEvidence(tokens, 200, 0, 0.01, 0.02);
    }

    @Override
    public ChatResponse doChat(ChatRequest ignored) {
        return response;
    }
}
