package dev.outrider.router.budget;

import java.time.Duration;
import java.time.Instant;

/**
 * What was set aside for one purpose, in all budgets that apply. Safe for many threads.
 *
 * <pre>{@code
 * try {
 *     … lease.settle(actual);
 * } finally {
 *     lease.release();   // gives everything back unless it was settled
 * }
 * }</pre>
 *
 * <p>It counts in the windows in which it was granted; units of which nothing was set aside count when they are booked.
 * When nobody settles it, it returns at its expiry.
 */
public interface Lease {

    /** What was set aside. */
    Amounts leased();

    /** When it returns by itself. */
    Instant expires();

    /** How long the query waited in line for it. */
    Duration waited();

    /**
     * Books what was really used, also what goes beyond the lease, and gives the rest back. A charge is booked once:
     * a second call changes nothing and gives what the first one gave. What was used is gone, so a bill that comes
     * after the expiry or after {@link #release()} is booked in full.
     *
     * @throws BudgetStoreException when it cannot be booked now; another call, or {@link #release()}, books the same
     *     amounts, and never twice
     */
    Settlement settle(Amounts actual);

    /**
     * Gives everything back when nothing was settled; otherwise does nothing. After a failed {@link #settle} it tries
     * again to book, for what was used must not come back. Throws nothing: what cannot be given back now returns at
     * the expiry.
     */
    void release();
}
