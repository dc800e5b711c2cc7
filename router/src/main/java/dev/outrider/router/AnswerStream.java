package dev.outrider.router;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.remote.AnswerRelay;
import dev.outrider.router.remote.RemoteException;

/**
 * One answer on its way to a {@link dev.langchain4j.model.chat.response.StreamingChatResponseHandler}. What may leave is
 * queued by the threads that work on the query and handed out by one thread, in LangChain4j's order: text, calls, the
 * complete response or one error. Cancelling stops both.
 */
final class AnswerStream implements AnswerRelay.Reader, StreamingHandle {

    /** A decided answer leaves word by word: blanks and what follows them. */
    private static final Pattern PIECE = Pattern.compile("(?s)\\s*\\S+\\s*$|\\s*\\S+|\\s+");

    private final LongSupplier nanos;
    private final long begin;
    private final LeakGuard guard;
    private final boolean textMayPass;
    private final AnswerRelay relay = new AnswerRelay(this);
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private volatile long firstLeft = -1;
    private volatile @Nullable Thread worker;

    /** What leaves. */
    sealed interface Event {
        /** A piece of the answer's text. */
        record Text(PartialResponse piece, PartialResponseContext context) implements Event {}

        /** One call, complete and checked. */
        record Call(CompleteToolCall call) implements Event {}

        /** The end of a good answer. */
        record Complete(ChatResponse response) implements Event {}

        /** The end without an answer. */
        record Failed(Throwable error) implements Event {}

        /** The end when nobody waits any more; it is not told. */
        record Cancelled() implements Event {}
    }

    AnswerStream(ChatRequest request, LongSupplier nanos) {
        this.nanos = nanos;
        this.begin = nanos.getAsLong();
        this.guard = new LeakGuard(
                request.toolSpecifications().stream().map(ToolSpecification::name).toList());
        ResponseFormat format = request.responseFormat();
        // such a text can only be judged as a whole
        this.textMayPass = request.toolChoice() != ToolChoice.REQUIRED
                && (format == null || format.type() != ResponseFormatType.JSON);
    }

    /** The options for the LLM whose text may be read along. */
    ChatRequestOptions relayedIn(ChatRequestOptions options) {
        return textMayPass ? relay.addTo(options) : options;
    }

    /** Whether a token of an LLM's answer has left, so that there can be no other answer. */
    boolean partHasLeft() {
        return relay.anythingLeft();
    }

    /** How long the answer was held, or is held so far, in milliseconds. */
    long heldMillis() {
        long until = firstLeft;
        return ((until < 0 ? nanos.getAsLong() : until) - begin) / 1_000_000;
    }

    /** The next thing to hand out; waits for it. Null when the waiting thread is interrupted. */
    @Nullable Event next() {
        try {
            return events.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /** The thread that works on the query, to be interrupted by {@link #cancel}. */
    void workedOnBy(Thread thread) {
        worker = thread;
        if (isCancelled()) {
            thread.interrupt();
        }
    }

    @Override
    public boolean read(String text) {
        leave(guard.pass(text));
        return firstLeft >= 0;
    }

    @Override
    public void restart() {
        guard.restart();
    }

    /** The answer is decided and in the ledger: the rest of its text, its calls and its end leave. */
    void complete(ChatResponse response) {
        AiMessage answer = response.aiMessage();
        String text = answer.text() == null ? "" : answer.text();
        String passed = guard.passed();
        if (!text.startsWith(passed)) {
            failed(RemoteException.of(
                    RemoteException.Kind.BROKEN_OFF, "broke off in the middle of its answer, and another one was found"));
            return;
        }
        Matcher piece = PIECE.matcher(text.substring(passed.length()));
        while (piece.find()) {
            leave(piece.group());
        }
        List<ToolExecutionRequest> calls = answer.toolExecutionRequests();
        for (int i = 0; i < calls.size(); i++) {
            events.add(new Event.Call(new CompleteToolCall(i, calls.get(i))));
        }
        events.add(new Event.Complete(response));
    }

    /** There is no answer. */
    void failed(Throwable error) {
        events.add(new Event.Failed(error));
    }

    private void leave(String text) {
        if (!text.isEmpty()) {
            if (firstLeft < 0) {
                firstLeft = nanos.getAsLong();
            }
            events.add(new Event.Text(new PartialResponse(text), new PartialResponseContext(this)));
        }
    }

    @Override
    public void cancel() {
        if (cancelled.compareAndSet(false, true)) {
            Thread working = worker;
            if (working != null) {
                working.interrupt();
            }
            events.add(new Event.Cancelled());
        }
    }

    @Override
    public boolean isCancelled() {
        return cancelled.get();
    }
}
