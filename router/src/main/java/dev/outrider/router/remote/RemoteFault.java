package dev.outrider.router.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.langchain4j.exception.ContentFilteredException;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.InternalServerException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.DurationText;
import dev.outrider.router.internal.OneLine;
import dev.outrider.router.remote.RemoteException.Kind;

/** Says in one line what a failed call to the LLM means, whatever exception it came as. */
final class RemoteFault {

    private RemoteFault() {}

    static RemoteException of(Throwable thrown, Duration timeout) {
        // the deepest cause first: wrappers know less
        RemoteException known = find(thrown, RemoteException.class);
        if (known != null) {
            return known;
        }
        HttpException status = find(thrown, HttpException.class);
        if (status != null) {
            return ofStatus(status, timeout);
        }
        if (has(thrown, InterruptedException.class) || has(thrown, CancellationException.class)) {
            return RemoteException.of(Kind.CANCELLED, "was not waited for", null, thrown);
        }
        if (has(thrown, HttpConnectTimeoutException.class)
                || has(thrown, ConnectException.class)
                || has(thrown, UnknownHostException.class)
                || has(thrown, UnresolvedAddressException.class)) {
            return RemoteException.of(Kind.UNREACHABLE, "cannot be reached", null, thrown);
        }
        if (has(thrown, SSLException.class)) {
            return RemoteException.of(
                    Kind.UNREACHABLE, "has no usable TLS connection (" + rootMessage(thrown) + ")", null, thrown);
        }
        if (has(thrown, TimeoutException.class)
                || has(thrown, HttpTimeoutException.class)
                || has(thrown, dev.langchain4j.exception.TimeoutException.class)) {
            return RemoteException.of(Kind.TIMEOUT, "did not answer within " + DurationText.of(timeout), null, thrown);
        }
        if (has(thrown, JsonProcessingException.class)) {
            return RemoteException.of(Kind.GARBAGE, "answered something that is not JSON", null, thrown);
        }
        if (has(thrown, IOException.class)) {
            return RemoteException.of(
                    Kind.DROPPED, "broke the connection before the answer was complete (" + rootMessage(thrown) + ")",
                            null, thrown);
        }
        if (has(thrown, ContentFilteredException.class)) {
            return RemoteException.of(Kind.CONTENT_REFUSED, "refused: " + OneLine.of(thrown), null, thrown);
        }
        if (has(thrown, InternalServerException.class)) {
            // what LangChain4j throws, without a status, for a completion that lacks its choice
            return RemoteException.of(Kind.EMPTY, "answered without a choice", null, thrown);
        }
        return RemoteException.of(
                Kind.GARBAGE, "answered something that is no chat completion (" + rootMessage(thrown) + ")", null,
                        thrown);
    }

    private static RemoteException ofStatus(HttpException status, Duration timeout) {
        int code = status.statusCode();
        Duration retryAfter = status instanceof HttpStatusException known ? known.retryAfter() : null;
        Kind kind = kindOf(code);
        String said = OneLine.of(status.getMessage());
        String what = switch (kind) {
            case TIMEOUT -> "did not answer within " + DurationText.of(timeout) + " (" + code + ")";
            case GARBAGE -> "answered " + code + ", which is no answer of an LLM endpoint";
            default -> "answered " + code;
        };
        return RemoteException.of(
                kind,
                what + (said.isEmpty() ? "" : ": " + said) + (retryAfter == null ? "" : " (retry after "
                        + DurationText.of(retryAfter) + ")"),
                retryAfter,
                status);
    }

    private static Kind kindOf(int status) {
        return switch (status) {
            case 401, 403 -> Kind.UNAUTHORISED;
            case 404 -> Kind.NOT_FOUND;
            case 408 -> Kind.TIMEOUT;
            case 429 -> Kind.RATE_LIMITED;
            default -> status >= 500 ? Kind.SERVER_ERROR : status >= 400 ? Kind.BAD_REQUEST : Kind.GARBAGE;
        };
    }

    private static boolean has(Throwable thrown, Class<? extends Throwable> type) {
        return find(thrown, type) != null;
    }

    private static <T extends Throwable> @Nullable T find(Throwable thrown, Class<T> type) {
        T found = null;
        int depth = 0;
        for (Throwable t = thrown; t != null && depth < 32; t = t.getCause()) {
            if (type.isInstance(t)) {
                found = type.cast(t);
            }
            depth++;
        }
        return found;
    }

    private static String rootMessage(Throwable thrown) {
        Throwable root = thrown;
        for (int depth = 0; root.getCause() != null && depth < 32; depth++) {
            root = root.getCause();
        }
        return OneLine.of(root);
    }
}
