package dev.outrider.router.remote;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.DurationText;
import dev.outrider.router.internal.PlainParameters;
import dev.outrider.router.remote.RemoteCall.Outcome;
import dev.outrider.router.remote.RemoteException.Kind;

/**
 * One LLM of the chain with patience around it, in Resilience4j's order: {@code Retry(CircuitBreaker(TimeLimiter(
 * RateLimiter(Bulkhead(request)))))}. Whatever goes wrong comes out as a {@link RemoteException} in one line, and every
 * request that left is on the bill at this model's prices. Interrupting the calling thread ends the request under way.
 * Safe for many threads; all of them share the breaker, the rate limiter and the bulkhead.
 *
 * <p>Retried are 429, 5xx, timeouts and broken connections, not 400 and 401. A {@code Retry-After} is honoured, and
 * when it is longer than {@code max-wait}, or than what is left of the query's time, the model is not asked again.
 */
public final class RemoteModel {

    /** Least pause that Resilience4j's interval functions accept. */
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(1);

    private final RemoteModelSettings settings;
    private final ChatModel delegate;
    private final ResilienceSettings patience;
    private final RemotePrice price;
    private final CircuitBreaker breaker;
    private final @Nullable RateLimiter rateLimiter;
    private final Bulkhead bulkhead;
    private final IntervalFunction pauses;
    private final ExecutorService threads;

    RemoteModel(RemoteModelSettings settings, ChatModel delegate, ResilienceSettings patience, Clock breakerClock) {
        this.settings = settings;
        this.delegate = delegate;
        this.patience = patience;
        this.price = new RemotePrice(settings);
        this.breaker = CircuitBreaker.of(settings.name(), breakerConfig(patience.breaker(), breakerClock));
        this.rateLimiter = rateLimiter(settings.name(), patience.rateLimit());
        this.bulkhead = Bulkhead.of(
                settings.name(),
                BulkheadConfig.custom()
                        .maxConcurrentCalls(patience.bulkhead().maxConcurrent())
                        .maxWaitDuration(patience.bulkhead().maxWait())
                        .build());
        this.pauses = IntervalFunction.ofExponentialRandomBackoff(
                longer(patience.firstWait(), SHORTEST_WAIT), 2.0, 0.5, longer(patience.maxWait(), SHORTEST_WAIT));
        this.threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("outrider-" + settings.name() + "-", 0).factory());
    }

    /**
     * Puts patience around a model.
     *
     * @param settings the model's name and prices
     * @param model any LangChain4j model; what differs between its tool names and the agent's is smoothed
     */
    public static RemoteModel of(RemoteModelSettings settings, ChatModel model, ResilienceSettings patience) {
        ChatModel portable = model instanceof PortableChatModel ? model : new PortableChatModel(model);
        return new RemoteModel(settings, portable, patience, Clock.systemUTC());
    }

    /** The model's name in the policy. */
    public String name() {
        return settings.name();
    }

    /** The breaker's state. */
    public CircuitBreaker.State breakerState() {
        return breaker.getState();
    }

    Set<Capability> supportedCapabilities() {
        return delegate.supportedCapabilities();
    }

    /** The most that one answer to this request should cost here, in micro-dollars. */
    long worstAnswer(ChatRequest request) {
        return price.worstCase(request) * atOnce();
    }

    /** The most that should be charged for attempts that bring no answer, in micro-dollars. */
    long worstFailures(ChatRequest request, boolean oneAnswers) {
        int failures = patience.maxAttempts() - (oneAnswers ? 1 : 0);
        return price.worstPrompt(request) * failures * atOnce();
    }

    private int atOnce() {
        return patience.hedging() == null ? 1 : 2;
    }

    /**
     * Asks the model until it answers or patience ends.
     *
     * @param bill gets every request, whatever becomes of it
     */
    ChatResponse ask(ChatRequest request, ChatRequestOptions options, RemoteDeadline deadline, List<RemoteCall> bill) {
        ChatRequest bounded = bounded(request);
        Retry retry = Retry.of(settings.name(), retryConfig(deadline, AnswerRelay.in(options)));
        try {
            return retry.executeCallable(() -> attempt(bounded, options, deadline, bill));
        } catch (Exception e) {
            RemoteException fault = RemoteFault.of(e, patience.timeout());
            if (Thread.currentThread().isInterrupted() && fault.kind() != Kind.CANCELLED) {
                // interrupted in the pause between two attempts
                fault = RemoteException.of(Kind.CANCELLED, "was not waited for", null, fault);
            }
            throw fault;
        }
    }

    /** The request with a limit on the answer, so that its worst case has a price. */
    private ChatRequest bounded(ChatRequest request) {
        DefaultChatRequestParameters.Builder<?> parameters = PlainParameters.of(request.parameters());
        if (request.maxOutputTokens() == null) {
            parameters.maxOutputTokens(settings.maxOutputTokens());
        }
        if (delegate.provider() == ModelProvider.OPEN_AI) {
            // the OpenAI protocol has no top-k
            parameters.topK(null);
        }
        return ChatRequest.builder()
                .messages(request.messages())
                .parameters(parameters.build())
                .build();
    }

    private ChatResponse attempt(
            ChatRequest request, ChatRequestOptions options, RemoteDeadline deadline, List<RemoteCall> bill)
            throws Exception {
        if (Thread.currentThread().isInterrupted()) {
            throw notSent(RemoteException.of(Kind.CANCELLED, "was not asked"), bill);
        }
        if (deadline.isOver()) {
            throw notSent(RemoteException.of(Kind.QUERY_TIMEOUT, "was not asked: the query's "
                    + DurationText.of(patience.queryTimeout()) + " are over"), bill);
        }
        try {
            return breaker.executeCallable(() -> {
                RemoteAttempt attempt = new RemoteAttempt(
                        () -> delegate.chat(request, options), patience, rateLimiter, bulkhead, threads, deadline);
                try {
                    return attempt.answer();
                } finally {
                    attempt.sendings().forEach(sending -> bill.add(charge(sending, request, AnswerRelay.in(options))));
                }
            });
        } catch (CallNotPermittedException e) {
            throw notSent(
                    RemoteException.of(
                            Kind.BREAKER_OPEN,
                            "is not asked for up to " + DurationText.of(patience.breaker().openFor())
                                    + ": it failed too often",
                            null,
                            e),
                    bill);
        }
    }

    private RemoteException notSent(RemoteException fault, List<RemoteCall> bill) {
        bill.add(new RemoteCall(
                settings.name(), Outcome.NOT_SENT, fault.kind(), fault.what(), 0, 0, false, 0, 0));
        return fault;
    }

    private RemoteCall charge(RemoteAttempt.Sending sending, ChatRequest request, @Nullable AnswerRelay relay) {
        RemoteUsage usage = RemoteUsage.of(sending, request, price, relay);
        RemoteException fault = sending.fault();
        return new RemoteCall(
                settings.name(),
                sending.outcome(),
                fault == null ? null : fault.kind(),
                fault == null ? null : fault.what(),
                usage.inputTokens(),
                usage.outputTokens(),
                usage.estimated(),
                price.cost(usage.inputTokens(), usage.outputTokens()),
                sending.seconds());
    }

    private RetryConfig retryConfig(RemoteDeadline deadline, @Nullable AnswerRelay relay) {
        return RetryConfig.<ChatResponse>custom()
                .maxAttempts(patience.maxAttempts())
                .retryOnException(thrown -> !AnswerRelay.anythingLeft(relay) && worthRetrying(thrown, deadline))
                .intervalBiFunction((attempt, outcome) -> pause(attempt, outcome.swap().getOrNull(), deadline))
                .build();
    }

    private boolean worthRetrying(Throwable thrown, RemoteDeadline deadline) {
        if (!(thrown instanceof RemoteException fault) || !fault.kind().worthRetrying()) {
            return false;
        }
        Duration asked = fault.retryAfter().orElse(Duration.ZERO);
        return asked.compareTo(patience.maxWait()) <= 0 && asked.compareTo(deadline.remaining()) < 0;
    }

    /** Doubling pauses with jitter, but never shorter than what the endpoint asked for; milliseconds. */
    long pause(int failedAttempts, @Nullable Throwable thrown, RemoteDeadline deadline) {
        Duration asked =
                thrown instanceof RemoteException fault ? fault.retryAfter().orElse(Duration.ZERO) : Duration.ZERO;
        long own = patience.firstWait().isZero() ? 0 : pauses.apply(failedAttempts);
        return Math.min(Math.max(own, asked.toMillis()), deadline.remaining().toMillis());
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    private static @Nullable RateLimiter rateLimiter(String name, ResilienceSettings.@Nullable RateLimit settings) {
        return settings == null
                ? null
                : RateLimiter.of(
                        name,
                        RateLimiterConfig.custom()
                                .limitForPeriod(settings.requests())
                                .limitRefreshPeriod(settings.per())
                                .timeoutDuration(settings.maxWait())
                                .build());
    }

    static CircuitBreakerConfig breakerConfig(ResilienceSettings.Breaker settings, Clock clock) {
        return CircuitBreakerConfig.custom()
                .failureRateThreshold(settings.failureRatePercent())
                .slidingWindowSize(settings.window())
                .minimumNumberOfCalls(settings.minCalls())
                .waitDurationInOpenState(settings.openFor())
                .permittedNumberOfCallsInHalfOpenState(1)
                .clock(clock)
                .recordException(RemoteModel::endpointIsIll)
                .ignoreException(e -> !endpointIsIll(e))
                .build();
    }

    private static boolean endpointIsIll(Throwable thrown) {
        return thrown instanceof RemoteException fault && fault.kind().endpointIsIll();
    }

    @Override
    public String toString() {
        return "RemoteModel[" + settings.name() + ", breaker " + breaker.getState() + "]";
    }
}
