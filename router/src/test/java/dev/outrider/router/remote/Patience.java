package dev.outrider.router.remote;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Settings for tests: short pauses, generous limits. */
public final class Patience {

    private Duration timeout = Duration.ofSeconds(60);
    private Duration queryTimeout = Duration.ofMinutes(3);
    private int maxAttempts = 2;
    private Duration firstWait = Duration.ofMillis(1);
    private Duration maxWait = Duration.ofSeconds(2);
    private ResilienceSettings.Breaker breaker = ResilienceSettings.Breaker.DEFAULTS;
    private ResilienceSettings.@Nullable RateLimit rateLimit;
    private ResilienceSettings.Bulkhead bulkhead = ResilienceSettings.Bulkhead.DEFAULTS;
    private ResilienceSettings.@Nullable Hedging hedging;

    public Patience timeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    public Patience queryTimeout(Duration queryTimeout) {
        this.queryTimeout = queryTimeout;
        return this;
    }

    public Patience maxAttempts(int maxAttempts) {
        this.maxAttempts = maxAttempts;
        return this;
    }

    public Patience waits(Duration first, Duration longest) {
        this.firstWait = first;
        this.maxWait = longest;
        return this;
    }

    public Patience breaker(int minCalls, Duration openFor) {
        this.breaker = new ResilienceSettings.Breaker(50, 20, minCalls, openFor);
        return this;
    }

    public Patience rateLimit(int requests, Duration per, Duration maxWait) {
        this.rateLimit = new ResilienceSettings.RateLimit(requests, per, maxWait);
        return this;
    }

    public Patience bulkhead(int maxConcurrent, Duration maxWait) {
        this.bulkhead = new ResilienceSettings.Bulkhead(maxConcurrent, maxWait);
        return this;
    }

    public Patience hedging(Duration after) {
        this.hedging = new ResilienceSettings.Hedging(after);
        return this;
    }

    public ResilienceSettings build() {
        return new ResilienceSettings(
                timeout, queryTimeout, maxAttempts, firstWait, maxWait, breaker, rateLimit, bulkhead, hedging);
    }
}
