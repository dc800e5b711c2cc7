package dev.outrider.router.remote;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Smooths what differs between an agent's tools and an LLM's endpoint: tool names that the endpoint would reject are
 * changed on the way out and back ({@link PortableToolNames}), and calls that come without an id, or with one twice,
 * get their own.
 */
public final class PortableChatModel implements ChatModel {

    private final ChatModel delegate;

    public PortableChatModel(ChatModel delegate) {
        this.delegate = delegate;
    }

    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        PortableToolNames names = PortableToolNames.of(request);
        ChatResponse response = delegate.chat(names.isIdentity() ? request : names.outgoing(request), options);
        AiMessage answer = response.aiMessage();
        if (!answer.hasToolExecutionRequests()) {
            return response;
        }
        return response.toBuilder().aiMessage(withUniqueIds(names.incoming(answer))).build();
    }

    private static AiMessage withUniqueIds(AiMessage answer) {
        Set<String> ids = new HashSet<>();
        List<ToolExecutionRequest> calls = new ArrayList<>();
        for (ToolExecutionRequest call : answer.toolExecutionRequests()) {
            boolean usable = call.id() != null && !call.id().isBlank() && ids.add(call.id());
            calls.add(usable ? call : call.toBuilder().id("call_" + UUID.randomUUID()).build());
        }
        return answer.toBuilder().toolExecutionRequests(calls).build();
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return delegate.defaultRequestParameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return delegate.listeners();
    }

    @Override
    public ModelProvider provider() {
        return delegate.provider();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return delegate.supportedCapabilities();
    }
}
