package dev.outrider.router.budget;

import java.util.List;

/**
 * Keeps accounts: for each the newest window it has seen, what was spent and what is leased in it. {@link Budgets} is
 * what callers use; this is for those who keep the accounts elsewhere. Every implementation passes {@code
 * BudgetStoreContract}, is safe for many threads, and takes times in milliseconds since the epoch.
 *
 * <p>At every moment {@code spent + leased <= limit} holds for what {@link #take} gave out. An account's window never
 * goes back, so that a clock that does gives nothing back. In a new window nothing is spent and nothing is leased. What
 * was leased before counts in its own window.
 *
 * <p>All operations throw {@link BudgetStoreException} when the store cannot be used. Then nothing was taken, or what
 * was taken returns at its expiry.
 */
public interface BudgetStore extends AutoCloseable {

    /**
     * A wish to take from one account.
     *
     * @param account name of the account
     * @param window number of the window that the caller's clock shows
     * @param amount how much; 0 takes nothing and is never refused, but {@link #finish} may book on it
     * @param limit spent and leased may come to this together
     * @param forgetAt when the account may be forgotten if it is not used again
     */
    record Demand(String account, long window, long amount, long limit, long forgetAt) {

        /** The leg of a ticket that takes nothing here. */
        Leg nothingTaken() {
            return new Leg(account, window, 0, forgetAt);
        }
    }

    /**
     * What was taken from one account.
     *
     * @param account name of the account
     * @param window number of the window that it counts in
     * @param amount how much
     * @param forgetAt as in {@link Demand}
     */
    record Leg(String account, long window, long amount, long forgetAt) {}

    /**
     * What was taken by one lease.
     *
     * @param id unique in the store, never used again
     * @param legs in the order of the demands
     * @param expires when it returns by itself
     */
    record Ticket(long id, List<Leg> legs, long expires) {

        /** Whether anything was taken, so that the store knows of this ticket. */
        boolean tookAnything() {
            for (Leg leg : legs) {
                if (leg.amount() > 0) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Outcome of {@link #take}. */
    sealed interface Take {}

    /** Everything was taken. */
    record Taken(Ticket ticket) implements Take {}

    /**
     * Nothing was taken.
     *
     * @param demand index of a demand that is not covered
     * @param balance how its account stands
     */
    record NotCovered(int demand, Balance balance) implements Take {}

    /**
     * How an account stands.
     *
     * @param window number of its newest window
     * @param spent booked in it
     * @param leased set aside in it
     * @param total booked in all windows together
     */
    record Balance(long window, long spent, long leased, long total) {}

    /** What the caller knows about earlier calls of {@link #finish} for a ticket. */
    enum Attempt {
        /** There was none. */
        FIRST,
        /** One threw, and whether it was carried out is not known. */
        AGAIN,
        /**
         * The ticket was given back before, or it took nothing. A store that may break off leaves a mark for it, so
         * that this may be repeated after it threw.
         */
        LATE
    }

    /** What {@link #finish} found. */
    enum Finish {
        /** The lease was out and is booked. */
        BOOKED,
        /** The lease had returned already; the charges are booked. */
        BOOKED_LATE,
        /** An earlier call had booked it; nothing was done. */
        BOOKED_BEFORE
    }

    /**
     * Takes from all accounts or from none, in one step.
     *
     * @param demands in ascending order of the accounts' names, none twice
     */
    Take take(List<Demand> demands, long now, long expires);

    /**
     * Ends a lease in one step: gives back what it took and books the charges. A charge counts in the window in which
     * its leg was granted; where nothing had been taken, in the newer one of the leg's and the account's.
     *
     * @param charges one for each leg; all 0 to give everything back
     */
    Finish finish(Ticket ticket, long[] charges, Attempt attempt, long now);

    /**
     * How an account stands.
     *
     * @param window number of the window that the caller's clock shows
     */
    Balance balance(String account, long window, long now);

    /** Number of leases that are out: neither finished nor expired. */
    int leasesOut(long now);

    /** Closes the store; what is leased stays leased until it expires. May be called twice. */
    @Override
    void close();
}
