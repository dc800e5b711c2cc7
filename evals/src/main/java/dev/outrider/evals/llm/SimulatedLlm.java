package dev.outrider.evals.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.langchain4j.data.message.AiMessage;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

import dev.outrider.evals.match.GoldAnswer;
import dev.outrider.evals.match.WrongAnswer;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Json;

/**
 * An LLM that is none: an HTTP server on loopback that speaks OpenAI's chat completions and answers with what a suite has recorded as
 * right. It stands in where no LLM is configured; it never answers a request it does not know, and every answer says that it is
 * simulated. It can be slow, fail, be wrong, talk garbage and hang up (see {@link SimulatedLlmBehaviour}).
 *
 * <p>Usage is estimated, see {@link TokenEstimate}.
 */
public final class SimulatedLlm implements AutoCloseable {

    /** The model's name in every answer. */
    public static final String MODEL = "simulated-llm";

    private static final int MAX_REQUEST_BYTES = 32 * 1024 * 1024;

    private final HttpServer server;
    private final ExecutorService threads;
    private final RecordedAnswers answers;
    private final SimulatedLlmBehaviour behaviour;
    private final Map<String, AtomicLong> attempts = new ConcurrentHashMap<>();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong served = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();

    private SimulatedLlm(HttpServer server, ExecutorService threads, List<EvalCase> cases, SimulatedLlmBehaviour behaviour) {
        this.server = server;
        this.threads = threads;
        this.answers = new RecordedAnswers(cases);
        this.behaviour = behaviour;
    }

    /**
     * Starts a server on a free port of the loopback address.
     *
     * @param cases whose recorded answers are served
     * @throws IOException when no port can be bound
     */
    public static SimulatedLlm start(List<EvalCase> cases, SimulatedLlmBehaviour behaviour) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        SimulatedLlm llm = new SimulatedLlm(server, threads, cases, behaviour);
        server.setExecutor(threads);
        server.createContext("/", llm::handle);
        server.start();
        return llm;
    }

    /** What a client takes as base URL, {@code http://127.0.0.1:PORT/v1}. */
    public URI baseUrl() {
        InetSocketAddress at = server.getAddress();
        return URI.create("http://" + at.getAddress().getHostAddress() + ":" + at.getPort() + "/v1");
    }

    /** Chat requests so far, whatever became of them. */
    public long requests() {
        return requests.get();
    }

    /** Requests answered, right or wrong. */
    public long served() {
        return served.get();
    }

    /** Requests that no recorded case fits. */
    public long unknown() {
        return unknown.get();
    }

    public SimulatedLlmBehaviour behaviour() {
        return behaviour;
    }

    /** Stops at once; requests in flight are cut off. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.endsWith("/chat/completions") && exchange.getRequestMethod().equals("POST")) {
                complete(exchange);
            } else if (path.endsWith("/models") && exchange.getRequestMethod().equals("GET")) {
                reply(exchange, 200, OpenAiWire.models());
            } else {
                reply(exchange, 404, OpenAiWire.error(
                        "unknown_path", exchange.getRequestMethod() + " " + path + " is not served; POST /v1/chat/completions is"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void complete(HttpExchange exchange) throws IOException, InterruptedException {
        requests.incrementAndGet();
        JsonNode request;
        List<Turn> turns;
        try (InputStream body = exchange.getRequestBody()) {
            byte[] bytes = body.readNBytes(MAX_REQUEST_BYTES + 1);
            if (bytes.length > MAX_REQUEST_BYTES) {
                reply(exchange, 413, OpenAiWire.error("too_large", "the request is larger than " + MAX_REQUEST_BYTES + " bytes"));
                return;
            }
            request = Json.read(new String(bytes, StandardCharsets.UTF_8));
            if (request.path("stream").asBoolean()) {
                throw new IllegalArgumentException("stream must be false; streaming is not simulated");
            }
            turns = Turn.ofWire(request.path("messages"));
        } catch (JsonProcessingException e) {
            reply(exchange, 400, OpenAiWire.error("invalid_request", "no JSON: " + Json.problem(e)));
            return;
        } catch (IllegalArgumentException e) {
            reply(exchange, 400, OpenAiWire.error("invalid_request", String.valueOf(e.getMessage())));
            return;
        }
        Optional<EvalCase> found = answers.find(turns, request.path("tools"));
        if (found.isEmpty()) {
            unknown.incrementAndGet();
            reply(exchange, 404, OpenAiWire.error("unknown_request", unknownRequest(turns)));
            return;
        }
        answer(exchange, request, turns, found.get());
    }

    private void answer(HttpExchange exchange, JsonNode request, List<Turn> turns, EvalCase found)
            throws IOException, InterruptedException {
        long attempt = attempts.computeIfAbsent(found.id(), id -> new AtomicLong()).incrementAndGet();
        Random random = new Random(behaviour.seed() * 0x9E3779B97F4A7C15L + found.id().hashCode() * 31L + attempt);
        random.nextLong();
        double fate = random.nextDouble();
        double wrong = random.nextDouble();
        Thread.sleep(behaviour.latency().plus(scaled(behaviour.jitter(), random.nextDouble())));
        if (fate < behaviour.failRate()) {
            reply(exchange, behaviour.failStatus(), OpenAiWire.error("simulated_failure", "told to fail"));
        } else if (fate < behaviour.failRate() + behaviour.garbageRate()) {
            reply(exchange, 200, "{\"choices\":[{\"message\":{\"role\":\"assist");
        } else if (fate >= behaviour.failRate() + behaviour.garbageRate() + behaviour.dropRate()) {
            AiMessage right = GoldAnswer.of(found);
            AiMessage said = wrong < behaviour.wrongRate() ? WrongAnswer.of(found, random).orElse(right) : right;
            served.incrementAndGet();
            reply(exchange, 200, OpenAiWire.completion(requests.get(), request, turns, said));
        }
        // otherwise: the connection is closed without a word
    }

    private static Duration scaled(Duration duration, double factor) {
        return Duration.ofNanos((long) (duration.toNanos() * factor));
    }

    private static String unknownRequest(List<Turn> turns) {
        String text = RecordedAnswers.lastUserText(turns);
        String shown = text.length() > 200 ? text.substring(0, 200) + "…" : text;
        return "the simulated LLM has no recorded answer for \"" + shown + "\" after " + RecordedAnswers.rounds(turns)
                + " answer(s); configure a real LLM (OUTRIDER_LLM_URL) for requests outside the suite";
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.getResponseHeaders().set("X-Outrider-Simulated", "true");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
