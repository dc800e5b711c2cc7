package dev.outrider.router.remote;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.DurationText;

/**
 * Patience with the LLMs. Every model of the chain has its own breaker, rate limiter and bulkhead with these settings.
 *
 * @param timeout longest time for one attempt, the whole body included
 * @param queryTimeout longest time for one query at the LLMs: all attempts, pauses and fall-backs together
 * @param maxAttempts requests sent to one model for one answer, the first included
 * @param firstWait pause before the second attempt; doubles with every further one, with jitter of a half in both
 *     directions
 * @param maxWait longest pause; a model that asks for a longer one in {@code Retry-After} is not asked again for this
 *     query, and the next model of the chain is
 * @param breaker when to stop asking a model for a while
 * @param rateLimit how often a model may be asked; null for as often as needed
 * @param bulkhead how many requests a model may have under way at once
 * @param hedging when to send a second request beside a slow one; null for never
 */
public record ResilienceSettings(
        Duration timeout,
        Duration queryTimeout,
        int maxAttempts,
        Duration firstWait,
        Duration maxWait,
        Breaker breaker,
        @Nullable RateLimit rateLimit,
        Bulkhead bulkhead,
        @Nullable Hedging hedging) {

    /** What holds where the policy says nothing: three attempts of a minute, no rate limit, no hedging. */
    public static final ResilienceSettings DEFAULTS = new ResilienceSettings(
            Duration.ofSeconds(60),
            Duration.ofMinutes(3),
            3,
            Duration.ofMillis(500),
            Duration.ofSeconds(20),
            Breaker.DEFAULTS,
            null,
            Bulkhead.DEFAULTS,
            null);

    public ResilienceSettings {
        check(timeout.toMillis() >= 1, "timeout", "must be at least 1ms");
        check(
                queryTimeout.compareTo(timeout) >= 0,
                "query-timeout",
                "must be at least timeout (" + DurationText.of(timeout) + ")");
        check(maxAttempts >= 1 && maxAttempts <= 20, "max-attempts", "must be between 1 and 20");
        check(!firstWait.isNegative(), "first-wait", "must be 0s or more");
        check(maxWait.compareTo(firstWait) >= 0, "max-wait", "must be at least first-wait");
        check(
                hedging == null || hedging.after().compareTo(timeout) < 0,
                "hedging",
                "must have an after shorter than timeout (" + DurationText.of(timeout) + "): later there is nothing to win");
    }

    /**
     * When to stop asking a failing model for a while. Timeouts, server errors, broken connections and garbage count as
     * failures.
     *
     * @param failureRatePercent share of failures, in (0, 100], from which the breaker opens
     * @param window the last so many attempts are looked at
     * @param minCalls the breaker stays closed before so many attempts
     * @param openFor time until one attempt is let through again, and decides
     */
    public record Breaker(int failureRatePercent, int window, int minCalls, Duration openFor) {

        /** Half of the last 20 attempts failed, five at least: not asked for half a minute. */
        public static final Breaker DEFAULTS = new Breaker(50, 20, 5, Duration.ofSeconds(30));

        public Breaker {
            boolean percentage = failureRatePercent >= 1 && failureRatePercent <= 100;
            check(percentage, "failure-rate-percent", "must be between 1 and 100");
            check(window >= 1 && window <= 10_000, "window", "must be between 1 and 10000");
            check(minCalls >= 1 && minCalls <= window, "min-calls", "must be between 1 and window");
            check(openFor.toMillis() >= 1, "open-for", "must be at least 1ms");
        }
    }

    /**
     * How often a model may be asked.
     *
     * @param requests requests, retries and hedges included, in every period
     * @param per the period
     * @param maxWait longest wait for a free place; then the next model of the chain is asked
     */
    public record RateLimit(int requests, Duration per, Duration maxWait) {
        public RateLimit {
            check(requests >= 1, "requests", "must be at least 1");
            check(per.toMillis() >= 1, "per", "must be at least 1ms");
            check(!maxWait.isNegative(), "max-wait", "must be 0s or more");
        }
    }

    /**
     * How many requests a model may have under way at once.
     *
     * @param maxConcurrent requests under way
     * @param maxWait longest wait for a free place; then the next model of the chain is asked
     */
    public record Bulkhead(int maxConcurrent, Duration maxWait) {

        /** 64 requests at once, ten seconds of waiting. */
        public static final Bulkhead DEFAULTS = new Bulkhead(64, Duration.ofSeconds(10));

        public Bulkhead {
            check(maxConcurrent >= 1, "max-concurrent", "must be at least 1");
            check(!maxWait.isNegative(), "max-wait", "must be 0s or more");
        }
    }

    /**
     * A second request beside a slow one: the first good answer wins, the other request is cancelled, both are charged.
     *
     * @param after how long the first request may take before the second one is sent
     */
    public record Hedging(Duration after) {
        public Hedging {
            check(after.toMillis() >= 1, "after", "must be at least 1ms");
        }
    }
}
