package dev.outrider.router;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.AnswerStream.Event;
import dev.outrider.router.remote.RemoteException;

/**
 * A {@link CascadeChatModel} that hands its answers out as a stream. Policy, budget, ledger, statistics and listeners
 * are the cascade's; every query walks the same way.
 *
 * <pre>{@code
 * StreamingChatModel model = CascadeStreamingChatModel.of(cascade);
 * }</pre>
 *
 * <p>What leaves when:
 *
 * <ul>
 *   <li>The SLM's answer is held until it is accepted and written to the ledger; then it leaves piece by piece. A
 *       rejected one never does.
 *   <li>The LLM's text leaves as it comes, except what may turn out to be a tool call written as text, and except where
 *       the request demands a call or JSON, which can only be checked as a whole. Once a token has left, that answer is
 *       the only one: when it breaks off, or its calls break their schema, the stream ends in an error of kind {@link
 *       RemoteException.Kind#BROKEN_OFF} and not in another answer.
 *   <li>Calls leave when they are complete, checked and in the ledger, whichever model made them.
 * </ul>
 *
 * <p>{@link CascadeChatResponseMetadata#heldMillis} says how long the answer was held until its first piece left.
 * Everything is told on one thread, text first, then calls, then the complete response or one error. What a handler
 * throws is told to its {@code onError}, and the stream goes on, as in LangChain4j's own models. After {@link
 * StreamingHandle#cancel} nothing more is told; the SLM stops, the connection to the LLM is closed, money that was set
 * aside is given back, and the ledger says {@link RefusalReason#CANCELLED}. Safe for many threads.
 */
public final class CascadeStreamingChatModel implements StreamingChatModel {

    private static final Logger LOG = LoggerFactory.getLogger(CascadeStreamingChatModel.class);

    private final CascadeChatModel cascade;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("outrider-stream-", 0).factory());

    private CascadeStreamingChatModel(CascadeChatModel cascade) {
        this.cascade = cascade;
    }

    /** The same cascade as a stream. */
    public static CascadeStreamingChatModel of(CascadeChatModel cascade) {
        return new CascadeStreamingChatModel(cascade);
    }

    @Override
    public void chat(ChatRequest request, @Nullable ChatRequestOptions options, StreamingChatResponseHandler handler) {
        start(request, options == null ? ChatRequestOptions.EMPTY : options, handler);
    }

    /**
     * Begins to answer a request; LangChain4j's {@code chat} with a handle that can cancel before the first token.
     *
     * @param options listener attributes; {@link CascadeAttributes} says which ones reach the ledger
     * @param handler is told {@link RefusedException} when nobody answers and {@link
     *     dev.outrider.router.ledger.LedgerException} when the ledger cannot be written
     */
    public StreamingHandle start(ChatRequest request, ChatRequestOptions options, StreamingChatResponseHandler handler) {
        ModelListeners.Call listeners = cascade.modelListeners().call(request, options);
        AnswerStream stream = new AnswerStream(request, System::nanoTime);
        listeners.asked();
        CascadeQuery query = cascade.begin(request, options, stream);
        threads.execute(() -> {
            stream.workedOnBy(Thread.currentThread());
            try {
                stream.complete(query.answer());
            } catch (RuntimeException | Error e) {
                stream.failed(e);
            }
        });
        threads.execute(() -> tell(stream, handler, listeners));
        return stream;
    }

    private static void tell(AnswerStream stream, StreamingChatResponseHandler handler, ModelListeners.Call listeners) {
        boolean ended = false;
        while (!ended) {
            Event event = stream.next();
            if (event == null || stream.isCancelled()) {
                return;
            }
            ended = event instanceof Event.Complete || event instanceof Event.Failed;
            try {
                switch (event) {
                    case Event.Text text -> handler.onPartialResponse(text.piece(), text.context());
                    case Event.Call call -> handler.onCompleteToolCall(call.call());
                    case Event.Complete complete -> {
                        listeners.answered(complete.response());
                        handler.onCompleteResponse(complete.response());
                    }
                    case Event.Failed failed -> failed(failed.error(), handler, listeners);
                    case Event.Cancelled cancelled -> ended = true;
                }
            } catch (RuntimeException e) {
                failed(e, handler, listeners);
            }
        }
    }

    private static void failed(Throwable error, StreamingChatResponseHandler handler, ModelListeners.Call listeners) {
        listeners.failed(error);
        try {
            handler.onError(error);
        } catch (RuntimeException e) {
            LOG.warn("a streaming handler failed in its onError and is ignored", e);
        }
    }

    /** The cascade behind it. */
    public CascadeChatModel cascade() {
        return cascade;
    }

    @Override
    public List<ChatModelListener> listeners() {
        return cascade.listeners();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return cascade.supportedCapabilities();
    }
}
