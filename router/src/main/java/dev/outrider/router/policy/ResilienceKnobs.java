package dev.outrider.router.policy;

import java.time.Duration;

import dev.outrider.router.remote.ResilienceSettings;
import dev.outrider.router.remote.ResilienceSettings.Breaker;
import dev.outrider.router.remote.ResilienceSettings.Bulkhead;
import dev.outrider.router.remote.ResilienceSettings.Hedging;
import dev.outrider.router.remote.ResilienceSettings.RateLimit;

/** The settings of the patience with the LLMs. */
final class ResilienceKnobs {

    private static final ResilienceSettings USUAL = ResilienceSettings.DEFAULTS;
    private static final Duration NONE = Duration.ZERO;
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);

    private static final Knob<Breaker, Integer> FAILURE_RATE = Knob.of(
            "failure-rate-percent",
            Kinds.integer(1, 100),
            USUAL.breaker().failureRatePercent(),
            Breaker::failureRatePercent,
            "Share of failures from which on nothing is sent any more.");

    private static final Knob<Breaker, Integer> WINDOW = Knob.of(
            "window",
            Kinds.integer(1, 10_000),
            USUAL.breaker().window(),
            Breaker::window,
            "The last so many attempts are looked at.");

    private static final Knob<Breaker, Integer> MIN_CALLS = Knob.of(
            "min-calls",
            Kinds.integer(1, 10_000),
            USUAL.breaker().minCalls(),
            Breaker::minCalls,
            "Nothing is stopped before so many attempts.");

    private static final Knob<Breaker, Duration> OPEN_FOR = Knob.of(
            "open-for",
            Kinds.duration(MILLISECOND, DAY),
            USUAL.breaker().openFor(),
            Breaker::openFor,
            "Time until one attempt is let through again, and decides.");

    static final Shape<Breaker> BREAKER = Shape.of(
            "When to stop asking a failing model for a while. Timeouts, 5xx, broken connections and garbage count as failures.",
            v -> new Breaker(v.get(FAILURE_RATE), v.get(WINDOW), v.get(MIN_CALLS), v.get(OPEN_FOR)),
            FAILURE_RATE,
            WINDOW,
            MIN_CALLS,
            OPEN_FOR);

    private static final Knob<RateLimit, Integer> REQUESTS = Knob.required(
            "requests",
            Kinds.integer(1, Integer.MAX_VALUE),
            RateLimit::requests,
            "Requests in every period, retries and hedges included.");

    private static final Knob<RateLimit, Duration> PER =
            Knob.required("per", Kinds.duration(MILLISECOND, DAY), RateLimit::per, "The period.");

    private static final Knob<RateLimit, Duration> LIMIT_WAIT = Knob.of(
            "max-wait",
            Kinds.duration(NONE, DAY),
            NONE,
            RateLimit::maxWait,
            "Longest wait for a free place; then the next LLM of the chain is asked.");

    private static final Shape<RateLimit> RATE_LIMIT = Shape.of(
            "How often an LLM may be asked. Without the section, as often as needed.",
            v -> new RateLimit(v.get(REQUESTS), v.get(PER), v.get(LIMIT_WAIT)),
            REQUESTS,
            PER,
            LIMIT_WAIT);

    private static final Knob<Bulkhead, Integer> MAX_CONCURRENT = Knob.of(
            "max-concurrent",
            Kinds.integer(1, 100_000),
            USUAL.bulkhead().maxConcurrent(),
            Bulkhead::maxConcurrent,
            "Requests under way at once.");

    private static final Knob<Bulkhead, Duration> BULKHEAD_WAIT = Knob.of(
            "max-wait",
            Kinds.duration(NONE, DAY),
            USUAL.bulkhead().maxWait(),
            Bulkhead::maxWait,
            "Longest wait for a free place; then the next LLM of the chain is asked.");

    private static final Shape<Bulkhead> BULKHEAD = Shape.of(
            "How many requests an LLM may have under way at once.",
            v -> new Bulkhead(v.get(MAX_CONCURRENT), v.get(BULKHEAD_WAIT)),
            MAX_CONCURRENT,
            BULKHEAD_WAIT);

    private static final Knob<Hedging, Duration> AFTER = Knob.required(
            "after",
            Kinds.duration(MILLISECOND, DAY),
            Hedging::after,
            "How long the first request may take before a second one is sent.");

    private static final Shape<Hedging> HEDGING = Shape.of(
            """
            A second request beside a slow one: the first good answer wins, the other request is cancelled, both are charged. \
            Without the section, never.""",
            v -> new Hedging(v.get(AFTER)),
            AFTER);

    private static final Knob<ResilienceSettings, Duration> TIMEOUT = Knob.of(
            "timeout",
            Kinds.duration(MILLISECOND, DAY),
            USUAL.timeout(),
            ResilienceSettings::timeout,
            "Longest time for one attempt, the whole body included.");

    private static final Knob<ResilienceSettings, Duration> QUERY_TIMEOUT = Knob.of(
            "query-timeout",
            Kinds.duration(MILLISECOND, DAY),
            USUAL.queryTimeout(),
            ResilienceSettings::queryTimeout,
            "Longest time for one query at the LLMs: attempts, pauses and fall-backs together. A lease on a budget lives a little"
                    + " longer.");

    private static final Knob<ResilienceSettings, Integer> MAX_ATTEMPTS = Knob.of(
            "max-attempts",
            Kinds.integer(1, 20),
            USUAL.maxAttempts(),
            ResilienceSettings::maxAttempts,
            "Requests sent to one LLM for one answer, the first included.");

    private static final Knob<ResilienceSettings, Duration> FIRST_WAIT = Knob.of(
            "first-wait",
            Kinds.duration(NONE, DAY),
            USUAL.firstWait(),
            ResilienceSettings::firstWait,
            "Pause before the second attempt. It doubles with every further one, with a jitter of half of it in both directions.");

    private static final Knob<ResilienceSettings, Duration> MAX_WAIT = Knob.of(
            "max-wait",
            Kinds.duration(NONE, DAY),
            USUAL.maxWait(),
            ResilienceSettings::maxWait,
            "Longest pause. An LLM that asks for a longer one (`Retry-After`) is not asked again for this query.");

    private static final Knob<ResilienceSettings, Breaker> BREAKERS =
            Knob.section("breaker", BREAKER, ResilienceSettings::breaker, "When to stop asking for a while.");

    private static final Knob<ResilienceSettings, RateLimit> RATE_LIMITS = Knob.optional(
            "rate-limit", Kinds.section(RATE_LIMIT), ResilienceSettings::rateLimit, "How often an LLM may be asked.");

    private static final Knob<ResilienceSettings, Bulkhead> BULKHEADS = Knob.section(
            "bulkhead", BULKHEAD, ResilienceSettings::bulkhead, "How many requests an LLM may have under way at once.");

    private static final Knob<ResilienceSettings, Hedging> HEDGES = Knob.optional(
            "hedging", Kinds.section(HEDGING), ResilienceSettings::hedging, "A second request beside a slow one.");

    static final Shape<ResilienceSettings> RESILIENCE = Shape.of(
            """
            Patience with the LLMs; every one of them has its own breaker, rate limiter and bulkhead. Tried again are 429, 5xx, \
            408, timeouts and broken connections. Not tried again are 400, 401, 403, 404 and answers that are no chat \
            completion.""",
            v -> new ResilienceSettings(
                    v.get(TIMEOUT),
                    v.get(QUERY_TIMEOUT),
                    v.get(MAX_ATTEMPTS),
                    v.get(FIRST_WAIT),
                    v.get(MAX_WAIT),
                    v.get(BREAKERS),
                    v.find(RATE_LIMITS),
                    v.get(BULKHEADS),
                    v.find(HEDGES)),
            TIMEOUT,
            QUERY_TIMEOUT,
            MAX_ATTEMPTS,
            FIRST_WAIT,
            MAX_WAIT,
            BREAKERS,
            RATE_LIMITS,
            BULKHEADS,
            HEDGES);

    private ResilienceKnobs() {}
}
