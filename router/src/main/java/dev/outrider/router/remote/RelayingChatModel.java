package dev.outrider.router.remote;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.OneLine;
import dev.outrider.router.remote.RemoteException.Kind;

/**
 * One LLM in both of LangChain4j's forms: asked as a stream when somebody reads along ({@link AnswerRelay}), as a whole
 * otherwise. Either way the caller waits for the complete answer, so that patience, prices and checks are the same for
 * both. Interrupting the calling thread cancels the stream. Safe for many threads.
 */
public final class RelayingChatModel implements ChatModel {

    private final ChatModel whole;
    private final StreamingChatModel streaming;

    /**
     * @param whole the LLM that answers as a whole; names, defaults and listeners are taken from it
     * @param streaming the same LLM as a stream
     */
    public RelayingChatModel(ChatModel whole, StreamingChatModel streaming) {
        this.whole = whole;
        this.streaming = streaming;
    }

    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        AnswerRelay relay = AnswerRelay.in(options);
        if (relay == null) {
            return whole.chat(request, options);
        }
        Collector collector = new Collector(relay.begin());
        try {
            streaming.chat(request, AnswerRelay.removeFrom(options), collector);
            return collector.await();
        } catch (RuntimeException e) {
            throw collector.failed(e);
        }
    }

    /** Passes text on as it comes and waits for the rest. Its first end is its only one. */
    private static final class Collector implements StreamingChatResponseHandler {

        private final AnswerRelay.Writer writer;
        private final CompletableFuture<ChatResponse> answer = new CompletableFuture<>();
        private volatile @Nullable StreamingHandle handle;
        private volatile boolean abandoned;

        private Collector(AnswerRelay.Writer writer) {
            this.writer = writer;
        }

        @Override
        public void onPartialResponse(String text) {
            if (!answer.isDone()) {
                try {
                    writer.text(text);
                } catch (RemoteException another) {
                    onError(another);
                    abandon();
                }
            }
        }

        @Override
        public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
            cancelledBy(context.streamingHandle());
            onPartialResponse(partial.text());
        }

        @Override
        public void onPartialToolCall(PartialToolCall partial) {
            writer.call(partial.partialArguments());
        }

        @Override
        public void onPartialToolCall(PartialToolCall partial, PartialToolCallContext context) {
            cancelledBy(context.streamingHandle());
            onPartialToolCall(partial);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            if (response.finishReason() == null) {
                // LangChain4j takes the end of the connection for the end of the answer
                onError(RemoteException.of(Kind.DROPPED, "ended its stream without saying that the answer is complete"));
            } else {
                answer.complete(response);
            }
        }

        @Override
        public void onError(Throwable error) {
            answer.completeExceptionally(error);
        }

        private void cancelledBy(StreamingHandle streamingHandle) {
            handle = streamingHandle;
            if (abandoned || answer.isDone()) {
                streamingHandle.cancel();
            }
        }

        private void abandon() {
            abandoned = true;
            StreamingHandle known = handle;
            if (known != null) {
                known.cancel();
            }
        }

        private ChatResponse await() {
            try {
                return answer.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                answer.completeExceptionally(e);
                abandon();
                CancellationException cancelled = new CancellationException("the answer is not waited for");
                cancelled.initCause(e);
                throw cancelled;
            } catch (ExecutionException e) {
                abandon();
                throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
            }
        }

        /** The same fault, unless part of the answer has left: then no other attempt can make it good. */
        private RuntimeException failed(RuntimeException fault) {
            boolean partLeft = writer.failed();
            boolean cancelled = fault instanceof CancellationException || Thread.currentThread().isInterrupted();
            if (!partLeft || cancelled) {
                return fault;
            }
            RemoteException brokenOff = RemoteException.of(
                    Kind.BROKEN_OFF, "broke off in the middle of its answer (" + OneLine.of(rootOf(fault)) + ")");
            // no cause: the deepest known fault would be taken for the fault
            brokenOff.addSuppressed(fault);
            return brokenOff;
        }

        private static Throwable rootOf(Throwable fault) {
            Throwable root = fault;
            for (int depth = 0; root.getCause() != null && depth < 32; depth++) {
                root = root.getCause();
            }
            return root;
        }
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return whole.defaultRequestParameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return whole.listeners();
    }

    @Override
    public ModelProvider provider() {
        return whole.provider();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return whole.supportedCapabilities();
    }
}
