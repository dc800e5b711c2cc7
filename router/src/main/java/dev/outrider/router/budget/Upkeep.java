package dev.outrider.router.budget;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Says when it is time to tidy up: now and then, and to one caller only. */
final class Upkeep {

    private static final long EVERY = Duration.ofMinutes(10).toMillis();

    private final AtomicLong last = new AtomicLong(Long.MIN_VALUE);

    /** Whether the caller shall do it, by the time in milliseconds since the epoch. */
    boolean isDue(long now) {
        long before = last.get();
        return (before == Long.MIN_VALUE || now - before >= EVERY) && last.compareAndSet(before, now);
    }
}
