package dev.outrider.router.remote;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Policy;
import dev.outrider.router.internal.DurationText;

/**
 * Patience around a chat model that lives elsewhere: a time limit for every attempt (the whole body included), retries
 * with jitter where they can help, a breaker that stops asking an endpoint that is ill. Whatever goes wrong comes out
 * as a {@link RemoteException} in one line. Interrupting the calling thread ends the attempt under way. Safe for many
 * threads; all callers of one instance share its breaker.
 *
 * <p>Retried are 429, 5xx, timeouts and broken connections, not 400 and 401. A {@code Retry-After} is honoured, and
 * when it is longer than the policy's {@code max-wait} there is no further attempt.
 */
public final class ResilientChatModel implements ChatModel {

    private final ChatModel delegate;
    private final Policy.Resilience settings;
    private final CircuitBreaker breaker;
    private final TimeLimiter limiter;
    private final DoubleSupplier jitter;
    private final ExecutorService attempts = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("outrider-remote-", 0).factory());

    /** @param jitter numbers in [0, 1) */
    ResilientChatModel(ChatModel delegate, Policy.Resilience settings, DoubleSupplier jitter) {
        this.delegate = delegate;
        this.settings = settings;
        this.jitter = jitter;
        this.breaker = CircuitBreaker.of("remote", breakerConfig(settings.breaker()));
        this.limiter = TimeLimiter.of(
                "remote", TimeLimiterConfig.custom().timeoutDuration(settings.timeout()).build());
    }

    /** Wraps a model; a model that is wrapped already is given back as it is. */
    public static ResilientChatModel of(ChatModel model, Policy.Resilience settings) {
        return model instanceof ResilientChatModel resilient
                ? resilient
                : new ResilientChatModel(model, settings, () -> ThreadLocalRandom.current().nextDouble());
    }

    /**
     * Asks the model.
     *
     * @throws RemoteException when no attempt brought an answer
     */
    @Override
    public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
        return ask(request, options).response();
    }

    /**
     * An answer and what it took.
     *
     * @param response never empty: it has text or calls
     * @param attempts requests sent, this one included
     * @param attemptsMaybeBilled earlier requests that brought no answer and may have been billed all the same
     */
    public record Reply(ChatResponse response, int attempts, int attemptsMaybeBilled) {}

    public Reply ask(ChatRequest request, ChatRequestOptions options) {
        Tally tally = new Tally();
        Retry retry = Retry.of("remote", retryConfig());
        try {
            ChatResponse response = retry.executeCallable(() -> attempt(request, options, tally));
            return new Reply(response, tally.sent, tally.maybeBilled);
        } catch (Exception e) {
            RemoteException fault = faultOf(e);
            if (Thread.currentThread().isInterrupted() && fault.kind() != RemoteException.Kind.CANCELLED) {
                // interrupted in the pause between two attempts
                fault = RemoteException.of(RemoteException.Kind.CANCELLED, "was not waited for", null, fault);
            }
            throw fault.after(tally.sent, tally.maybeBilled);
        }
    }

    /** Attempts of one call. Used by the calling thread only. */
    private static final class Tally {
        private int sent;
        private int maybeBilled;
    }

    private ChatResponse attempt(ChatRequest request, ChatRequestOptions options, Tally tally) throws Exception {
        if (Thread.currentThread().isInterrupted()) {
            throw RemoteException.of(RemoteException.Kind.CANCELLED, "was not asked");
        }
        return breaker.executeCallable(() -> {
            tally.sent++;
            AtomicReference<@Nullable Future<ChatResponse>> running = new AtomicReference<>();
            try {
                return complete(limiter.executeFutureSupplier(() -> {
                    Future<ChatResponse> future = attempts.submit(() -> delegate.chat(request, options));
                    running.set(future);
                    return future;
                }));
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                RemoteException fault = faultOf(e);
                tally.maybeBilled += fault.attemptsMaybeBilled();
                throw fault;
            } finally {
                Future<ChatResponse> future = running.get();
                if (future != null) {
                    future.cancel(true);
                }
            }
        });
    }

    private static ChatResponse complete(@Nullable ChatResponse response) {
        if (response == null || response.aiMessage() == null) {
            throw RemoteException.of(RemoteException.Kind.EMPTY, "answered nothing");
        }
        AiMessage answer = response.aiMessage();
        boolean silent = answer.text() == null || answer.text().isBlank();
        if (silent && !answer.hasToolExecutionRequests()) {
            throw RemoteException.of(RemoteException.Kind.EMPTY, "answered neither text nor a call");
        }
        return response;
    }

    private RemoteException faultOf(Exception e) {
        if (e instanceof CallNotPermittedException) {
            return RemoteException.of(
                    RemoteException.Kind.BREAKER_OPEN,
                    "is not asked for up to " + DurationText.of(settings.breaker().openFor()),
                    null,
                    e);
        }
        return RemoteFault.of(e, settings.timeout());
    }

    private RetryConfig retryConfig() {
        return RetryConfig.<ChatResponse>custom()
                .maxAttempts(settings.maxAttempts())
                .retryOnException(this::worthRetrying)
                .intervalBiFunction((attempt, outcome) -> pause(attempt, outcome.swap().getOrNull()).toMillis())
                .build();
    }

    private boolean worthRetrying(Throwable thrown) {
        return thrown instanceof RemoteException fault
                && fault.kind().worthRetrying()
                && fault.retryAfter().orElse(Duration.ZERO).compareTo(settings.maxWait()) <= 0;
    }

    /** Doubling pauses with jitter of a half in both directions, but never shorter than what the endpoint asked for. */
    Duration pause(int failedAttempts, @Nullable Throwable thrown) {
        double factor = Math.scalb(1.0, Math.min(failedAttempts - 1, 30)) * (0.5 + jitter.getAsDouble());
        double wished = factor * (double) settings.firstWait().toMillis();
        long millis = Math.min((long) wished, settings.maxWait().toMillis());
        Duration asked =
                thrown instanceof RemoteException fault ? fault.retryAfter().orElse(Duration.ZERO) : Duration.ZERO;
        Duration own = Duration.ofMillis(millis);
        return asked.compareTo(own) > 0 ? asked : own;
    }

    private static CircuitBreakerConfig breakerConfig(Policy.Breaker settings) {
        return CircuitBreakerConfig.custom()
                .failureRateThreshold(settings.failureRatePercent())
                .slidingWindowSize(settings.window())
                .minimumNumberOfCalls(settings.minCalls())
                .waitDurationInOpenState(settings.openFor())
                .permittedNumberOfCallsInHalfOpenState(1)
                .recordException(e -> e instanceof RemoteException fault && fault.kind().endpointIsIll())
                .ignoreException(e -> !(e instanceof RemoteException fault && fault.kind().endpointIsIll()))
                .build();
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return delegate.defaultRequestParameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return delegate.listeners();
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
        return "ResilientChatModel[" + Objects.toString(delegate.defaultRequestParameters()
                .modelName(), "unnamed model") + "]";
    }
}
