package dev.outrider.router;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.remote.RemoteException;

/** A streaming handler that keeps what it was told. */
final class Told implements StreamingChatResponseHandler {

    final List<Object> events = new CopyOnWriteArrayList<>();
    private final BiConsumer<Told, Object> also;
    private final CountDownLatch end = new CountDownLatch(1);
    private @Nullable RuntimeException ownFault;

    Told() {
        this((told, event) -> {});
    }

    /** @param also done at every event, on the thread that tells */
    Told(BiConsumer<Told, Object> also) {
        this.also = also;
    }

    @Override
    public void onPartialResponse(PartialResponse partial, PartialResponseContext context) {
        tell(partial.text(), context);
    }

    @Override
    public void onCompleteToolCall(CompleteToolCall call) {
        tell(call, call);
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
        tell(response, response);
        end.countDown();
    }

    @Override
    public void onError(Throwable error) {
        tell(error, error);
        if (error != ownFault) {
            end.countDown();
        }
    }

    private void tell(Object kept, Object event) {
        events.add(kept);
        try {
            also.accept(this, event);
        } catch (RuntimeException e) {
            ownFault = e;
            throw e;
        }
    }

    /** Waits for the end; what this handler threw itself is none. */
    Told awaited() {
        try {
            if (!end.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("no end after " + events);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return this;
    }

    /** The refusal that the stream ended in. */
    RefusedException refused() {
        return (RefusedException) Objects.requireNonNull(error(), "no error");
    }

    /** What went wrong at the LLM. */
    RemoteException fault() {
        return (RemoteException) Objects.requireNonNull(refused().getCause(), "no cause");
    }

    boolean ended() {
        return end.getCount() == 0;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        events.stream().filter(String.class::isInstance).forEach(text::append);
        return text.toString();
    }

    List<CompleteToolCall> calls() {
        return events.stream()
                .filter(CompleteToolCall.class::isInstance)
                .map(CompleteToolCall.class::cast)
                .toList();
    }

    @Nullable ChatResponse response() {
        return events.stream()
                .filter(ChatResponse.class::isInstance)
                .map(ChatResponse.class::cast)
                .findFirst()
                .orElse(null);
    }

    @Nullable Throwable error() {
        return events.stream()
                .filter(Throwable.class::isInstance)
                .map(Throwable.class::cast)
                .reduce((earlier, later) -> later)
                .orElse(null);
    }
}
