package dev.outrider.router.remote;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's HTTP client with three differences: an error answer keeps its {@code Retry-After}, the key is struck
 * out of whatever the server says, and redirects are not followed (they would carry the key elsewhere). An interrupt
 * ends the exchange and closes its connection. A stream of events is read by the calling thread, which returns when the
 * stream has ended; its listener hears of one end only, the close or the first error.
 */
final class RemoteHttpClient implements HttpClient {

    private final java.net.http.HttpClient http;
    private final @Nullable Duration readTimeout;
    private final @Nullable String key;
    private final InstantSource clock;

    private RemoteHttpClient(Builder builder) {
        java.net.http.HttpClient.Builder jdk = java.net.http.HttpClient.newBuilder()
                .followRedirects(Redirect.NEVER)
                // the upgrade to HTTP/2 over plain text confuses small servers
                .version(builder.secure ? Version.HTTP_2 : Version.HTTP_1_1);
        if (builder.connectTimeout != null) {
            jdk.connectTimeout(builder.connectTimeout);
        }
        this.http = jdk.build();
        this.readTimeout = builder.readTimeout;
        this.key = builder.key;
        this.clock = builder.clock;
    }

    static Builder builder(boolean secure, @Nullable String key, InstantSource clock) {
        return new Builder(secure, key, clock);
    }

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
        try {
            HttpResponse<byte[]> response = http.send(jdkRequest(request), BodyHandlers.ofByteArray());
            if (response.statusCode() < 200 || response.statusCode() >= 300) {
                throw new HttpStatusException(
                        response.statusCode(),
                        withoutKey(new String(response.body(), StandardCharsets.UTF_8)),
                        retryAfter(response));
            }
            return SuccessfulHttpResponse.builder()
                    .statusCode(response.statusCode())
                    .headers(response.headers().map())
                    .body(response.body())
                    .build();
        } catch (HttpTimeoutException e) {
            throw new dev.langchain4j.exception.TimeoutException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RemoteException.of(RemoteException.Kind.CANCELLED, "was not waited for", null, e);
        }
    }

    @Override
    public void execute(HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
        OneEnd end = new OneEnd(listener);
        try {
            HttpResponse<InputStream> response = http.send(jdkRequest(request), BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() < 200 || response.statusCode() >= 300) {
                    end.onError(new HttpStatusException(
                            response.statusCode(),
                            withoutKey(new String(body.readAllBytes(), StandardCharsets.UTF_8)),
                            retryAfter(response)));
                    return;
                }
                end.onOpen(SuccessfulHttpResponse.builder()
                        .statusCode(response.statusCode())
                        .headers(response.headers().map())
                        .build());
                parser.parse(body, end);
            }
            end.onClose();
        } catch (HttpTimeoutException e) {
            end.onError(new dev.langchain4j.exception.TimeoutException(e));
        } catch (IOException e) {
            end.onError(new UncheckedIOException(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end.onError(RemoteException.of(RemoteException.Kind.CANCELLED, "was not waited for", null, e));
        }
    }

    /** LangChain4j's parser goes on after an error, and its models take a close after an error for an answer. */
    private static final class OneEnd implements ServerSentEventListener {

        private final ServerSentEventListener listener;
        private boolean ended;

        private OneEnd(ServerSentEventListener listener) {
            this.listener = listener;
        }

        @Override
        public void onOpen(SuccessfulHttpResponse response) {
            listener.onOpen(response);
        }

        @Override
        public void onEvent(ServerSentEvent event, ServerSentEventContext context) {
            if (!ended) {
                listener.onEvent(event, context);
            }
        }

        @Override
        public void onError(Throwable error) {
            if (!ended) {
                ended = true;
                listener.onError(error);
            }
        }

        @Override
        public void onClose() {
            if (!ended) {
                ended = true;
                listener.onClose();
            }
        }
    }

    private java.net.http.HttpRequest jdkRequest(HttpRequest request) {
        java.net.http.HttpRequest.Builder builder = java.net.http.HttpRequest.newBuilder(URI.create(request.url()));
        request.headers().forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
        String body = request.body();
        builder.method(
                request.method().name(), body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (readTimeout != null) {
            builder.timeout(readTimeout);
        }
        return builder.build();
    }

    private String withoutKey(String text) {
        return key == null ? text : text.replace(key, "***");
    }

    /** RFC 9110, 10.2.3: seconds or a date. */
    private @Nullable Duration retryAfter(HttpResponse<?> response) {
        Optional<String> value = response.headers().firstValue("Retry-After").map(String::strip);
        if (value.isEmpty()) {
            return null;
        }
        try {
            if (value.get().matches("\\d{1,9}")) {
                return Duration.ofSeconds(Long.parseLong(value.get()));
            }
            Duration until = Duration.between(
                    clock.instant(),
                    ZonedDateTime.parse(value.get(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
            return until.isNegative() ? Duration.ZERO : until;
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /** Builder as LangChain4j's model builders want it. */
    static final class Builder implements HttpClientBuilder {

        private final boolean secure;
        private final @Nullable String key;
        private final InstantSource clock;
        private @Nullable Duration connectTimeout;
        private @Nullable Duration readTimeout;

        private Builder(boolean secure, @Nullable String key, InstantSource clock) {
            this.secure = secure;
            this.key = key;
            this.clock = clock;
        }

        @Override
        public @Nullable Duration connectTimeout() {
            return connectTimeout;
        }

        @Override
        public Builder connectTimeout(Duration timeout) {
            this.connectTimeout = timeout;
            return this;
        }

        @Override
        public @Nullable Duration readTimeout() {
            return readTimeout;
        }

        @Override
        public Builder readTimeout(Duration timeout) {
            this.readTimeout = timeout;
            return this;
        }

        @Override
        public RemoteHttpClient build() {
            return new RemoteHttpClient(this);
        }
    }
}
