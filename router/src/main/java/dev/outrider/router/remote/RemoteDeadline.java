package dev.outrider.router.remote;

import java.time.Duration;
import java.util.function.LongSupplier;

/** The moment at which a query's patience with all LLMs ends. */
final class RemoteDeadline {

    private final LongSupplier nanos;
    private final long end;

    /** @param nanos a clock like {@link System#nanoTime()} */
    RemoteDeadline(Duration patience, LongSupplier nanos) {
        this.nanos = nanos;
        this.end = nanos.getAsLong() + patience.toNanos();
    }

    /** Never negative. */
    Duration remaining() {
        return Duration.ofNanos(Math.max(0, end - nanos.getAsLong()));
    }

    boolean isOver() {
        return remaining().isZero();
    }

    long now() {
        return nanos.getAsLong();
    }
}
