package dev.outrider.router.remote;

import dev.langchain4j.model.chat.ChatRequestOptions;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where the text of an LLM's answer goes while it is being written. One for each query that is streamed; it travels in
 * the options of the requests to the LLM and of no others. Retries, fall-backs and hedges may all write: the first to
 * write owns the relay, and once a token of its answer has left nobody else may write any more, so that no two answers
 * are ever mixed. Safe for many threads.
 */
public final class AnswerRelay {

    /** A class as key: no caller's attribute can be equal to it. */
    private static final Object KEY = AnswerRelay.class;

    private final Reader reader;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong bytes = new AtomicLong();
    private @Nullable Writer owner;
    private boolean left;

    /** @param reader gets the text, one piece at a time */
    public AnswerRelay(Reader reader) {
        this.reader = reader;
    }

    /** Takes an answer's text piece by piece. Calls come one at a time. */
    public interface Reader {

        /**
         * Takes a piece.
         *
         * @return whether anything of the answer has left by now, so that it can no longer be taken back
         */
        boolean read(String text);

        /** Forgets all pieces: nothing of them has left, and another answer begins. */
        void restart();
    }

    /** The relay among the options of a request, if there is one. */
    public static @Nullable AnswerRelay in(@Nullable ChatRequestOptions options) {
        return options != null && options.listenerAttributes().get(KEY) instanceof AnswerRelay relay ? relay : null;
    }

    /** Options that carry this relay beside what is there already. */
    public ChatRequestOptions addTo(ChatRequestOptions options) {
        Map<Object, Object> attributes = new LinkedHashMap<>(options.listenerAttributes());
        attributes.put(KEY, this);
        return ChatRequestOptions.builder().listenerAttributes(attributes).build();
    }

    /** Options without a relay: the answer to such a request comes as a whole. */
    public static ChatRequestOptions removeFrom(ChatRequestOptions options) {
        if (in(options) == null) {
            return options;
        }
        Map<Object, Object> attributes = new LinkedHashMap<>(options.listenerAttributes());
        attributes.remove(KEY);
        return ChatRequestOptions.builder().listenerAttributes(attributes).build();
    }

    /** Whether a token of an LLM's answer has left. From then on that answer is the only one there can be. */
    public boolean anythingLeft() {
        lock.lock();
        try {
            return left;
        } finally {
            lock.unlock();
        }
    }

    /** Whether there is a relay and a token of an answer has left by it. */
    public static boolean anythingLeft(@Nullable AnswerRelay relay) {
        return relay != null && relay.anythingLeft();
    }

    /** Bytes that the request under way wrote so far, those of calls included. */
    long bytes() {
        return bytes.get();
    }

    /**
     * A request begins to be answered.
     *
     * @throws RemoteException of kind {@link RemoteException.Kind#BROKEN_OFF} when part of another answer has left
     */
    Writer begin() {
        lock.lock();
        try {
            if (left) {
                throw RemoteException.of(
                        RemoteException.Kind.BROKEN_OFF, "was not asked again: part of its answer has left already");
            }
            if (owner == null) {
                bytes.set(0);
            }
            return new Writer();
        } finally {
            lock.unlock();
        }
    }

    /** One request that writes. */
    final class Writer {

        /**
         * Passes a piece of text on.
         *
         * @throws RemoteException when another request is being read along, or its answer has left
         */
        void text(String piece) {
            lock.lock();
            try {
                if (owner == null) {
                    owner = this;
                } else if (owner != this) {
                    throw RemoteException.of(RemoteException.Kind.CANCELLED, "was not waited for: another request was faster");
                }
                wrote(piece);
                left |= reader.read(piece);
            } finally {
                lock.unlock();
            }
        }

        /** Counts what is not passed on: calls, which leave only when they are complete and checked. */
        void call(String piece) {
            wrote(piece);
        }

        private void wrote(String piece) {
            bytes.addAndGet(piece.getBytes(StandardCharsets.UTF_8).length);
        }

        /**
         * The request failed.
         *
         * @return whether part of its answer has left
         */
        boolean failed() {
            lock.lock();
            try {
                if (owner != this) {
                    return false;
                }
                if (!left) {
                    owner = null;
                    reader.restart();
                }
                return left;
            } finally {
                lock.unlock();
            }
        }
    }
}
