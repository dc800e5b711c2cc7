package dev.outrider.agents;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Says what it was told to say, turn by turn, and remembers what it was asked. */
final class ScriptedModel implements ChatModel {

    private final Deque<Function<ChatRequest, AiMessage>> script = new ArrayDeque<>();
    private final List<ChatRequest> requests = new ArrayList<>();

    ScriptedModel then(AiMessage answer) {
        return then(request -> answer);
    }

    ScriptedModel then(Function<ChatRequest, AiMessage> answer) {
        script.add(answer);
        return this;
    }

    ScriptedModel says(String text) {
        return then(AiMessage.from(text));
    }

    ScriptedModel calls(ToolExecutionRequest... calls) {
        return then(AiMessage.from(calls));
    }

    static ToolExecutionRequest call(@Nullable String id, String name, String arguments) {
        return ToolExecutionRequest.builder()
                .id(id)
                .name(name)
                .arguments(arguments)
                .build();
    }

    List<ChatRequest> requests() {
        return requests;
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        requests.add(request);
        if (script.isEmpty()) {
            throw new IllegalStateException("the script is at its end");
        }
        return ChatResponse.builder()
                .aiMessage(script.removeFirst().apply(request))
                .build();
    }
}
