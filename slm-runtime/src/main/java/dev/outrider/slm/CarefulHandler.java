package dev.outrider.slm;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialThinkingContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a user's handler what happens as long as the answer is not cancelled; what the handler throws goes to its {@code onError}. */
record CarefulHandler(StreamingChatResponseHandler handler, StreamingHandle handle) {

    private static final Logger LOG = LoggerFactory.getLogger(CarefulHandler.class);

    void text(String piece) {
        if (!piece.isEmpty()) {
            tell(() -> handler.onPartialResponse(new PartialResponse(piece), new PartialResponseContext(handle)));
        }
    }

    void thinking(String piece) {
        if (!piece.isEmpty()) {
            tell(() -> handler.onPartialThinking(new PartialThinking(piece), new PartialThinkingContext(handle)));
        }
    }

    /** @param piece of the arguments, not blank */
    void partOfCall(int index, String id, String name, String piece) {
        PartialToolCall call = PartialToolCall.builder()
                .index(index)
                .id(id)
                .name(name)
                .partialArguments(piece)
                .build();
        tell(() -> handler.onPartialToolCall(call, new PartialToolCallContext(handle)));
    }

    void call(int index, ToolExecutionRequest request) {
        tell(() -> handler.onCompleteToolCall(new CompleteToolCall(index, request)));
    }

    void complete(ChatResponse response) {
        tell(() -> handler.onCompleteResponse(response));
    }

    void error(Throwable cause) {
        if (!handle.isCancelled()) {
            try {
                handler.onError(cause);
            } catch (RuntimeException e) {
                LOG.warn("onError of a streaming handler failed: {}", e.toString());
            }
        }
    }

    private void tell(Runnable what) {
        if (!handle.isCancelled()) {
            try {
                what.run();
            } catch (RuntimeException e) {
                error(e);
            }
        }
    }
}
