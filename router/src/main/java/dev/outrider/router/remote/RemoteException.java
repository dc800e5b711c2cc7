package dev.outrider.router.remote;

import dev.langchain4j.exception.LangChain4jException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The LLM gave no usable answer. The message is one line: what happened and what to do. It never holds the key. */
public final class RemoteException extends LangChain4jException {

    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Kind {
        /** The settings name no usable endpoint. */
        CONFIGURATION(false, false, false, "correct the setting"),
        /** 401 or 403. */
        UNAUTHORISED(false, false, false, "check OUTRIDER_LLM_KEY, or the variable that the model's key-variable names"),
        /** 404: no such path or model. */
        NOT_FOUND(false, false, false, "check OUTRIDER_LLM_URL and OUTRIDER_LLM_MODEL, or the model's url and model in the policy"),
        /** Any other 4xx: the request itself is not accepted. */
        BAD_REQUEST(false, false,
                false, "the endpoint does not accept this request; check the model's limits and features"),
        /** 429. */
        RATE_LIMITED(true, false, false, "wait, or ask the provider for a higher limit"),
        /** 5xx. */
        SERVER_ERROR(true, true, false, "the fault is at the provider's; try again later"),
        /** No answer in time. */
        TIMEOUT(true, true, true, "try again later, or raise resilience.timeout in the policy"),
        /** No connection. */
        UNREACHABLE(true, true, false, "check OUTRIDER_LLM_URL and the network"),
        /** The connection broke before the answer was complete. */
        DROPPED(true, true, true, "try again later"),
        /** The answer ended too early, and part of it has been handed on, so that it cannot be asked for anew. */
        BROKEN_OFF(false, true, true, "what came of the answer is incomplete; ask again"),
        /** The answer is no chat completion. */
        GARBAGE(false, true, true, "check that OUTRIDER_LLM_URL is an OpenAI-compatible endpoint"),
        /** A chat completion without text and calls. */
        EMPTY(false, true, true, "try again, or check the model"),
        /** The model or its provider would not answer. */
        CONTENT_REFUSED(false, false, true, "the model refuses this request; word it differently"),
        /** The answer breaks a tool's schema or is not of the form asked for, also after it was told so. */
        INVALID_ANSWER(false, false, true, "use a model that is better at calling tools"),
        /** Too many failures lately; nothing was sent. */
        BREAKER_OPEN(false, false, false, "the LLM failed too often lately; try again later"),
        /** Our own rate limiter had no place in time; nothing was sent. */
        RATE_LIMITER(false, false, false, "ask less often, or raise resilience.rate-limit in the policy"),
        /** Our own bulkhead had no place in time; nothing was sent. */
        BULKHEAD_FULL(false, false, false, "too many queries wait for it; raise resilience.bulkhead in the policy"),
        /** The time for the whole query is over. */
        QUERY_TIMEOUT(false, false, true, "try again later, or raise resilience.query-timeout in the policy"),
        /** The caller was interrupted. */
        CANCELLED(false, false, true, "ask again if the answer is still wanted");

        private final boolean worthRetrying;
        private final boolean endpointIsIll;
        private final boolean mayBeBilled;
        private final String advice;

        Kind(boolean worthRetrying, boolean endpointIsIll, boolean mayBeBilled, String advice) {
            this.worthRetrying = worthRetrying;
            this.endpointIsIll = endpointIsIll;
            this.mayBeBilled = mayBeBilled;
            this.advice = advice;
        }

        /** Whether the same request may succeed a moment later. */
        public boolean worthRetrying() {
            return worthRetrying;
        }

        /** Whether the breaker counts it. */
        public boolean endpointIsIll() {
            return endpointIsIll;
        }

        /** Whether the provider may have read, and so billed, the prompt although no answer came. */
        public boolean mayBeBilled() {
            return mayBeBilled;
        }

        /**
         * Whether another model of the chain is asked instead. Not when nobody waits any more, not when part of an
         * answer has been handed on, and not when the model refused: a refusal is an answer, and asking around until
         * somebody gives in is no resilience.
         */
        public boolean fallsBack() {
            return this != CANCELLED && this != CONTENT_REFUSED && this != QUERY_TIMEOUT && this != BROKEN_OFF;
        }

        /** Whether the LLM may well answer later, without anybody correcting anything. */
        public boolean passes() {
            return worthRetrying || this == BREAKER_OPEN || this == RATE_LIMITER || this == BULKHEAD_FULL
                    || this == QUERY_TIMEOUT;
        }
    }

    private final Kind kind;
    private final String what;
    private final RemoteBill bill;
    private final @Nullable Duration retryAfter;

    private RemoteException(
            String message,
            Kind kind,
            String what,
            RemoteBill bill,
            @Nullable Duration retryAfter,
            @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.what = what;
        this.bill = bill;
        this.retryAfter = retryAfter;
    }

    /** {@code WHAT; ADVICE.} */
    static RemoteException of(Kind kind, String what, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        return new RemoteException(
                "the LLM " + what + "; " + kind.advice, kind, what, RemoteBill.EMPTY, retryAfter, cause);
    }

    /**
     * What a failed call to a model means, whatever exception it came as.
     *
     * @param timeout how long it was waited for, for the message
     */
    public static RemoteException of(Throwable thrown, Duration timeout) {
        return RemoteFault.of(thrown, timeout);
    }

    public static RemoteException of(Kind kind, String what) {
        return of(kind, what, null, null);
    }

    /** A fault of the settings: says what, and what to set. */
    static RemoteException configuration(String what) {
        return new RemoteException(what, Kind.CONFIGURATION, what, RemoteBill.EMPTY, null, null);
    }

    /** The same fault as the end of a whole query: names every model that was tried, and holds the bill. */
    RemoteException ending(RemoteBill all) {
        List<String> failures = all.failures();
        String tried = failures.isEmpty() ? what : String.join(", ", failures);
        RemoteException end = new RemoteException(
                "no LLM answered: " + tried + "; " + kind.advice, kind, what, all, retryAfter, this);
        end.setStackTrace(getStackTrace());
        return end;
    }

    /** What went wrong. */
    public Kind kind() {
        return kind;
    }

    /** What happened, without who and without the advice. */
    String what() {
        return what;
    }

    /** Everything that was sent for the query, to be charged although there is no answer. */
    public RemoteBill bill() {
        return bill;
    }

    /** How long the endpoint asked to be left alone. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
