package dev.outrider.router;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A hard limit on money, in micro-dollars. Money is set aside before it is spent and settled afterwards, in one step
 * each, so that many threads together never pass the limit:
 *
 * <pre>{@code
 * MoneyBudget.Lease lease = budget.tryAcquire(worstCase).orElseThrow(...);
 * try { … lease.settle(actual); } finally { lease.release(); }   // release after settle does nothing
 * }</pre>
 *
 * <p>At every moment {@code spent + leased <= limit}, except by what was charged above its lease: such money is gone
 * and is booked in full, and {@link Settlement#overdraftMicroUsd} says so. A lease that nobody settles returns to the
 * budget when it expires; when its bill comes later all the same, it is booked in full. With a window, spending starts
 * again at 0 when the next window begins, windows are aligned to the epoch, and leases that are still out go with it
 * into the next one.
 */
public final class MoneyBudget {

    private final long limit;
    private final @Nullable Duration window;
    private final Duration leaseExpiry;
    private final InstantSource clock;

    /** Leases that are out, oldest first; all live equally long, so the first one expires first. */
    private final Deque<Lease> out = new ArrayDeque<>();

    private long spent;
    private long leased;
    private long windowNumber;

    /**
     * A new budget of which nothing is spent.
     *
     * @param limitMicroUsd limit, 0 or more
     * @param window length of a window; null for one that never ends
     * @param leaseExpiry age at which an unsettled lease returns
     * @param clock tells windows and expiry
     */
    public MoneyBudget(long limitMicroUsd, @Nullable Duration window, Duration leaseExpiry, InstantSource clock) {
        if (limitMicroUsd < 0) {
            throw new IllegalArgumentException("a budget must be 0 or more but is " + limitMicroUsd);
        }
        this.limit = limitMicroUsd;
        this.window = window;
        this.leaseExpiry = leaseExpiry;
        this.clock = clock;
        this.windowNumber = windowAt(clock.instant());
    }

    /** The budget that a policy describes. */
    public static MoneyBudget of(Policy.Budget settings, InstantSource clock) {
        return new MoneyBudget(settings.limitMicroUsd(), settings.per(), settings.leaseExpiry(), clock);
    }

    /**
     * Sets money aside.
     *
     * @param microUsd how much, 0 or more: the worst case of what is about to be spent
     * @return empty when so much is not left
     */
    public synchronized Optional<Lease> tryAcquire(long microUsd) {
        if (microUsd < 0) {
            throw new IllegalArgumentException("a lease must be 0 or more but is " + microUsd);
        }
        Instant now = advance();
        if (microUsd > limit - spent - leased) {
            return Optional.empty();
        }
        leased += microUsd;
        Lease lease = new Lease(microUsd, now.plus(leaseExpiry));
        out.addLast(lease);
        return Optional.of(lease);
    }

    /** How the budget stands now. */
    public synchronized Snapshot snapshot() {
        advance();
        return new Snapshot(limit, spent, leased, out.size());
    }

    /**
     * How a budget stands.
     *
     * @param limitMicroUsd the limit
     * @param spentMicroUsd settled in this window
     * @param leasedMicroUsd set aside
     * @param leases leases that are out
     */
    public record Snapshot(long limitMicroUsd, long spentMicroUsd, long leasedMicroUsd, int leases) {

        /** What a new lease may take at most; 0 when the limit is reached or passed. */
        public long availableMicroUsd() {
            return Math.max(0, limitMicroUsd - spentMicroUsd - leasedMicroUsd);
        }
    }

    /**
     * What became of a lease.
     *
     * @param chargedMicroUsd booked
     * @param overdraftMicroUsd the part of it that had not been set aside, all of it when the lease had expired
     */
    public record Settlement(long chargedMicroUsd, long overdraftMicroUsd) {}

    private enum State {
        OUT,
        EXPIRED,
        DONE
    }

    /** Money that was set aside for one purpose. */
    public final class Lease {

        private final long microUsd;
        private final Instant expiry;
        private State state = State.OUT;

        private Lease(long microUsd, Instant expiry) {
            this.microUsd = microUsd;
            this.expiry = expiry;
        }

        /** How much was set aside. */
        public long microUsd() {
            return microUsd;
        }

        /**
         * Books what was really spent and gives the rest back.
         *
         * @param actualMicroUsd 0 or more; also more than was set aside
         * @throws IllegalStateException when this lease was settled or released before
         */
        public Settlement settle(long actualMicroUsd) {
            if (actualMicroUsd < 0) {
                throw new IllegalArgumentException("a charge must be 0 or more but is " + actualMicroUsd);
            }
            synchronized (MoneyBudget.this) {
                advance();
                if (state == State.DONE) {
                    throw new IllegalStateException("this lease of " + MicroUsd.format(microUsd)
                            + " is settled or released already; a charge is booked once");
                }
                long covered = state == State.OUT ? microUsd : 0;
                giveBack();
                spent = Math.addExact(spent, actualMicroUsd);
                return new Settlement(actualMicroUsd, Math.max(0, actualMicroUsd - covered));
            }
        }

        /** Gives all of it back; does nothing when the lease is settled, released or expired. */
        public void release() {
            synchronized (MoneyBudget.this) {
                giveBack();
            }
        }

        private void giveBack() {
            if (state == State.OUT) {
                leased -= microUsd;
                out.remove(this);
            }
            state = State.DONE;
        }
    }

    /** Expires old leases and begins a new window when it is time. */
    private Instant advance() {
        Instant now = clock.instant();
        for (Lease oldest = out.peekFirst(); oldest != null && !now.isBefore(oldest.expiry); oldest = out.peekFirst()) {
            oldest.state = State.EXPIRED;
            leased -= oldest.microUsd;
            out.removeFirst();
        }
        long number = windowAt(now);
        if (number > windowNumber) {
            windowNumber = number;
            spent = 0;
        }
        return now;
    }

    private long windowAt(Instant now) {
        return window == null ? 0 : Math.floorDiv(now.toEpochMilli(), window.toMillis());
    }
}
