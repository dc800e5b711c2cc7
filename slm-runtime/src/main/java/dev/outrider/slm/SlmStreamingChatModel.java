package dev.outrider.slm;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A small language model inside the JVM as a LangChain4j {@link StreamingChatModel}: the answers of an {@link SlmChatModel}, told while they
 * are written. Safe to use from many threads at once.
 *
 * <pre>{@code
 * try (SlmChatModel model = SlmChatModel.builder().embedded().build()) {
 *     SlmStreamingChatModel.of(model).chat("Has ORD-48213 left the house yet?", handler);
 * }
 * }</pre>
 *
 * <p>A request that cannot be answered at all is refused where it is made, as {@link SlmChatModel} refuses it; what goes wrong later reaches
 * {@code onError}. Each answer has a thread of its own for its handler, so a slow handler holds up nobody else. What a handler throws
 * reaches its {@code onError}, and the answer goes on. {@link StreamingHandle#cancel} ends an answer before its next token, after which the
 * handler hears nothing more.
 */
public final class SlmStreamingChatModel implements StreamingChatModel {

    /** What the engine's thread hands to the thread of the handler. */
    private sealed interface Event {}

    private record Token(int id) implements Event {}

    private record Done(ChatResponse response) implements Event {}

    private record Failed(Throwable cause) implements Event {}

    /** Ends an answer; asked by the engine before each token. */
    private static final class Handle implements StreamingHandle {

        private final AtomicBoolean cancelled = new AtomicBoolean();

        @Override
        public void cancel() {
            cancelled.set(true);
        }

        @Override
        public boolean isCancelled() {
            return cancelled.get();
        }
    }

    private final SlmChatModel model;

    private SlmStreamingChatModel(SlmChatModel model) {
        this.model = model;
    }

    /** The same model with the same defaults and listeners; closing the model ends its streams too. */
    public static SlmStreamingChatModel of(SlmChatModel model) {
        return new SlmStreamingChatModel(model);
    }

    /** As {@link SlmChatModel#chat(ChatRequest, ChatRequestOptions)} with regard to attributes. */
    @Override
    public void chat(ChatRequest request, ChatRequestOptions options, StreamingChatResponseHandler handler) {
        StreamingChatModel.super.chat(SlmChatModel.thinking(request, options), options, handler);
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        Answering answering = model.answering();
        Answering.Prepared prepared =
                answering.prepare(request.messages(), defaultRequestParameters().overrideWith(request.parameters()));
        Handle handle = new Handle();
        BlockingQueue<Event> events = new LinkedBlockingQueue<>();
        AnswerStream stream = new AnswerStream(answering.loaded(), prepared, new CarefulHandler(handler, handle));
        Thread.ofVirtual().name("outrider-slm-answer").start(() -> {
            try {
                events.add(new Done(answering.answer(prepared, handle::isCancelled, token -> events.add(new Token(token.id())))));
            } catch (Throwable t) {
                events.add(new Failed(t));
            }
        });
        Thread.ofVirtual().name("outrider-slm-handler").start(() -> tell(events, stream));
    }

    private static void tell(BlockingQueue<Event> events, AnswerStream stream) {
        boolean more = true;
        while (more) {
            try {
                switch (events.take()) {
                    case Token token -> stream.accept(token.id());
                    case Done done -> {
                        more = false;
                        stream.complete(done.response());
                    }
                    case Failed failed -> {
                        more = false;
                        stream.fail(failed.cause());
                    }
                }
            } catch (InterruptedException e) {
                // nobody but this class knows the thread
                Thread.currentThread().interrupt();
                more = false;
            } catch (RuntimeException e) {
                more = false;
                stream.fail(e);
            }
        }
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return model.defaultRequestParameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return model.listeners();
    }

    @Override
    public ModelProvider provider() {
        return model.provider();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return model.supportedCapabilities();
    }
}
