package dev.outrider.evals.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.Json;

/**
 * A real LLM's answers, recorded once and replayed for free: a server on loopback that the cascade asks as it would ask the LLM.
 * While recording it passes on what the file does not hold yet, and writes the answer down; errors are passed on and not recorded.
 * While replaying it asks nobody, and a request that was never recorded is answered 404.
 *
 * <p>The key is added here and is in no file.
 */
public final class RecordedLlm implements AutoCloseable {

    private static final int MAX_REQUEST_BYTES = 32 * 1024 * 1024;

    private final HttpServer server;
    private final ExecutorService threads;
    private final LlmRecording recording;
    private final @Nullable Upstream upstream;
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong replayed = new AtomicLong();

    private RecordedLlm(HttpServer server, ExecutorService threads, LlmRecording recording, @Nullable Upstream upstream) {
        this.server = server;
        this.threads = threads;
        this.recording = recording;
        this.upstream = upstream;
    }

    /**
     * The LLM that is recorded.
     *
     * @param base base URL, without {@code /chat/completions}
     * @param key sent as bearer token; null when it needs none
     * @param model the model's name there
     * @param timeout longest wait for a whole answer
     */
    public record Upstream(URI base, @Nullable String key, String model, Duration timeout) {}

    /**
     * Asks the LLM for what the file does not hold, and adds it.
     *
     * @throws dev.outrider.evals.suite.SuiteException when the file cannot be added to
     * @throws IOException when no port can be bound
     */
    public static RecordedLlm record(Path file, Upstream upstream) throws IOException {
        return start(LlmRecording.append(file, upstream.model()), upstream);
    }

    /**
     * Answers from the file alone.
     *
     * @throws dev.outrider.evals.suite.SuiteException when the file is no recording
     * @throws IOException when no port can be bound
     */
    public static RecordedLlm replay(Path file) throws IOException {
        return start(LlmRecording.read(file), null);
    }

    private static RecordedLlm start(LlmRecording recording, @Nullable Upstream upstream) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        RecordedLlm llm = new RecordedLlm(server, threads, recording, upstream);
        server.setExecutor(threads);
        server.createContext("/", llm::handle);
        server.start();
        return llm;
    }

    /** What a client takes as base URL. */
    public URI baseUrl() {
        return URI.create("http://" + server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort() + "/v1");
    }

    /** The model that answers, or answered. */
    public String model() {
        return recording.model();
    }

    /** Requests that the LLM was asked. */
    public long asked() {
        return asked.get();
    }

    /** Requests that were answered from the file. */
    public long replayed() {
        return replayed.get();
    }

    /** Stops at once; requests in flight are cut off. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        try {
            recording.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] bytes;
            try (InputStream body = exchange.getRequestBody()) {
                bytes = body.readNBytes(MAX_REQUEST_BYTES + 1);
            }
            if (bytes.length > MAX_REQUEST_BYTES) {
                reply(exchange, 413, OpenAiWire.error("too_large", "the request is larger than " + MAX_REQUEST_BYTES + " bytes"));
                return;
            }
            JsonNode request = Json.read(new String(bytes, StandardCharsets.UTF_8));
            if (!(request instanceof ObjectNode) || request.path("stream").asBoolean()) {
                reply(exchange, 400, OpenAiWire.error("invalid_request", "an object that asks for no stream is expected"));
                return;
            }
            answer(exchange, bytes, request);
        } catch (JsonProcessingException e) {
            reply(exchange, 400, OpenAiWire.error("invalid_request", "no JSON: " + Json.problem(e)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(HttpExchange exchange, byte[] bytes, JsonNode request) throws IOException, InterruptedException {
        Upstream llm = upstream;
        Optional<String> known = recording.next(request, llm == null);
        if (known.isPresent()) {
            replayed.incrementAndGet();
            reply(exchange, 200, known.get());
        } else if (llm == null) {
            reply(exchange, 404, OpenAiWire.error("not_recorded", "the recording of " + recording.model()
                    + " holds no answer to this request; record again with --record"));
        } else {
            pass(exchange, bytes, request, llm);
        }
    }

    private void pass(HttpExchange exchange, byte[] bytes, JsonNode request, Upstream llm) throws IOException, InterruptedException {
        asked.incrementAndGet();
        HttpRequest.Builder call = HttpRequest.newBuilder(URI.create(llm.base() + "/chat/completions"))
                .timeout(llm.timeout())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(bytes));
        if (llm.key() != null) {
            call.header("Authorization", "Bearer " + llm.key());
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(call.build(), HttpResponse.BodyHandlers.ofString());
            response.headers().firstValue("Retry-After").ifPresent(v -> exchange.getResponseHeaders().set("Retry-After", v));
            if (response.statusCode() == 200 && Json.readObject(response.body()) != null) {
                recording.add(request, response.body());
            }
            reply(exchange, response.statusCode(), response.body());
        }
        // where the LLM hangs up, so does this: the connection is closed without a word
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
