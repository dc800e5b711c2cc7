package dev.outrider.router.remote;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatModel;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.net.URI;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.CascadeAttributes;
import dev.outrider.router.internal.DurationText;
import dev.outrider.router.remote.RemoteException.Kind;
import dev.outrider.slm.SlmChatResponseMetadata;

/**
 * An SLM behind an OpenAI-compatible server as the cascade's first tier. The answer's metadata is a
 * {@link SlmChatResponseMetadata} with the evidence that the server's log-probabilities give, read as
 * {@link StreamEvidence} says, or {@link MissingEvidence} where there are none: then the cascade escalates and says why.
 *
 * <p>One request for one answer: a server that fails is no reason to wait, there is the LLM. One that keeps failing is
 * not asked for a while. Interrupting the calling thread ends the request. Safe for many threads.
 */
public final class HttpLocalModel implements ChatModel {

    /** The most alternatives that both vLLM and OpenAI's protocol give without being told to; two make a margin. */
    private static final int TOP_LOG_PROBABILITIES = 5;

    private final LocalServerSettings settings;
    private final URI base;
    private final ChatModel delegate;
    private final CircuitBreaker breaker;
    private final TimeLimiter limiter;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("outrider-local-", 0).factory());

    private HttpLocalModel(LocalServerSettings settings, @Nullable String key) {
        this.settings = settings;
        this.base = RemoteModels.url(settings.url(), "the url of models.local.server");
        ChatModel server = OpenAiChatModel.builder()
                .httpClientBuilder(
                        RemoteHttpClient.builder("https".equals(base.getScheme()), key, InstantSource.system()))
                .baseUrl(base.toString())
                .apiKey(key)
                .modelName(settings.model())
                .timeout(settings.timeout())
                .maxRetries(0)
                .logprobs(true)
                .topLogprobs(TOP_LOG_PROBABILITIES)
                .returnThinking(true)
                .logRequests(false)
                .logResponses(false)
                .build();
        // evidence inside, names outside: the tokens spell the tools as the server knows them
        this.delegate = new PortableChatModel(new EvidentChatModel(server, settings.wordsDecide()));
        this.breaker =
                CircuitBreaker.of("local", RemoteModel.breakerConfig(settings.breaker(), Clock.systemUTC()));
        this.limiter = TimeLimiter.of(settings.timeout());
    }

    /**
     * A model behind a server.
     *
     * @param env the environment, for the key
     * @throws RemoteException of kind {@link Kind#CONFIGURATION} in one line when URL or key cannot be used
     */
    public static HttpLocalModel of(LocalServerSettings settings, Map<String, String> env) {
        String key = env.getOrDefault(settings.keyVariable(), "").strip();
        return new HttpLocalModel(settings, RemoteModels.keyOf(key.isEmpty() ? null : key, settings.keyVariable()));
    }

    /**
     * Asks the server.
     *
     * @throws LocalServerException in one line when there is no answer
     * @throws CancellationException when the calling thread was interrupted
     */
    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        try {
            return breaker.executeCallable(
                    () -> withinTime(settings.thinking().told(request, mayThink(options)), options));
        } catch (CallNotPermittedException e) {
            throw new LocalServerException(
                    named() + " is not asked for up to " + DurationText.of(settings.breaker().openFor())
                            + ": it failed too often",
                    e);
        } catch (Exception e) {
            RemoteException fault = RemoteFault.of(e, settings.timeout());
            if (fault.kind() == Kind.CANCELLED) {
                CancellationException cancelled = new CancellationException(named() + " was not waited for");
                cancelled.initCause(e);
                throw cancelled;
            }
            throw new LocalServerException(named() + " " + fault.what(), e);
        }
    }

    /** Most tokens of thought, as the cascade grants them. */
    private static int mayThink(ChatRequestOptions options) {
        return options.listenerAttributes().get(CascadeAttributes.MAX_THINK_TOKENS) instanceof Integer tokens ? tokens : 0;
    }

    private ChatResponse withinTime(ChatRequest request, ChatRequestOptions options) {
        AtomicReference<@Nullable Future<ChatResponse>> running = new AtomicReference<>();
        try {
            return limiter.executeFutureSupplier(() -> {
                Future<ChatResponse> future = threads.submit(() -> delegate.chat(request, options));
                running.set(future);
                return future;
            });
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            // typed, so that the breaker knows what is the server's fault
            throw RemoteFault.of(e, settings.timeout());
        } finally {
            Future<ChatResponse> future = running.get();
            if (future != null) {
                future.cancel(true);
            }
        }
    }

    private String named() {
        return "the SLM's server at " + base;
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return delegate.defaultRequestParameters();
    }

    @Override
    public ModelProvider provider() {
        return delegate.provider();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return delegate.supportedCapabilities();
    }

    @Override
    public String toString() {
        return "HttpLocalModel[" + settings.model() + " at " + base + "]";
    }
}
