package dev.outrider.router;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.slm.TokenScore;

/** A local tier whose answer and evidence a test decides; what it returns is shaped as the engine's own answers are. */
final class ScriptedSlm implements ChatModel {

    private final Function<ChatRequest, ChatResponse> script;
    final List<ChatRequest> requests = new CopyOnWriteArrayList<>();

    private ScriptedSlm(Function<ChatRequest, ChatResponse> script) {
        this.script = script;
    }

    static ScriptedSlm doing(Function<ChatRequest, ChatResponse> script) {
        return new ScriptedSlm(script);
    }

    static ScriptedSlm answering(ChatResponse response) {
        return new ScriptedSlm(request -> response);
    }

    static ScriptedSlm failing(RuntimeException failure) {
        return new ScriptedSlm(request -> {
            throw failure;
        });
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        requests.add(request);
        return script.apply(request);
    }

    static ChatResponse text(String text, double probability) {
        return response(AiMessage.from(text), FinishReason.STOP, probability);
    }

    static ChatResponse call(String tool, String arguments, double probability) {
        return response(AiMessage.from(toolCall(tool, arguments)), FinishReason.TOOL_EXECUTION, probability);
    }

    static ToolExecutionRequest toolCall(String tool, String arguments) {
        return ToolExecutionRequest.builder().id("call_1").name(tool).arguments(arguments).build();
    }

    /** An answer of two sure tokens around one decision of this probability; computed in a quarter of a second. */
    static ChatResponse response(AiMessage message, FinishReason finish, double probability) {
        List<TokenScore> scores = new ArrayList<>();
        scores.add(new TokenScore(1, "a", 0, 1, false));
        scores.add(new TokenScore(2, "b", Math.log(probability), 0.5, true));
        scores.add(new TokenScore(3, "c", -0.01, 0.9, true));
        return response(message, finish, scores);
    }

    static ChatResponse response(AiMessage message, FinishReason finish, List<TokenScore> scores) {
        return ChatResponse.builder()
                .aiMessage(message)
                .metadata(SlmChatResponseMetadata.builder()
                        .id("slm-1")
                        .modelName("desk-slm")
                        .tokenUsage(new TokenUsage(40, scores.size()))
                        .finishReason(finish)
                        .evidence(new TokenEvidence(scores, 40, 0, 0.15, 0.10))
                        .build())
                .build();
    }
}
