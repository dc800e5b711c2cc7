package dev.outrider.router;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** LangChain4j's listeners of a model. What one of them throws is logged and changes nothing. */
record ModelListeners(List<ChatModelListener> listeners, ModelProvider provider) {

    private static final Logger LOG = LoggerFactory.getLogger(ModelListeners.class);

    ModelListeners {
        listeners = List.copyOf(listeners);
    }

    /** The listeners of one call; all of them share its attributes. */
    Call call(ChatRequest request, ChatRequestOptions options) {
        return new Call(request, new ConcurrentHashMap<>(options.listenerAttributes()));
    }

    /** One call. */
    final class Call {

        private final ChatRequest request;
        private final Map<Object, Object> attributes;

        private Call(ChatRequest request, Map<Object, Object> attributes) {
            this.request = request;
            this.attributes = attributes;
        }

        void asked() {
            ChatModelRequestContext context = new ChatModelRequestContext(request, provider, attributes);
            tellAll(listener -> listener.onRequest(context));
        }

        void answered(ChatResponse response) {
            ChatModelResponseContext context = new ChatModelResponseContext(response, request, provider, attributes);
            tellAll(listener -> listener.onResponse(context));
        }

        void failed(Throwable error) {
            ChatModelErrorContext context = new ChatModelErrorContext(error, request, provider, attributes);
            tellAll(listener -> listener.onError(context));
        }

        private void tellAll(Consumer<ChatModelListener> event) {
            for (ChatModelListener listener : listeners) {
                try {
                    event.accept(listener);
                } catch (RuntimeException e) {
                    LOG.warn("a chat model listener failed and is ignored", e);
                }
            }
        }
    }
}
