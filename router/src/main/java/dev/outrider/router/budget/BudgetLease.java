package dev.outrider.router.budget;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.budget.BudgetStore.Attempt;
import dev.outrider.router.budget.BudgetStore.Finish;
import dev.outrider.router.budget.BudgetStore.Leg;
import dev.outrider.router.budget.BudgetStore.Ticket;

/** A lease in a store. It remembers what was asked of it, so that nothing is booked twice and no bill is lost. */
final class BudgetLease implements Lease {

    private static final Logger LOG = LoggerFactory.getLogger(BudgetLease.class);

    private final BudgetStore store;
    private final List<BudgetRule> rules;
    private final Ticket ticket;
    private final Amounts leased;
    private final Duration waited;
    private final InstantSource clock;
    private final Runnable returned;

    /** What the first call of settle asked for; it holds whatever later calls ask. */
    private @Nullable Amounts bill;

    /** How the bill was sent to the store, while nobody knows whether it arrived. */
    private @Nullable Attempt sent;

    private @Nullable Settlement settlement;
    private boolean released;

    /**
     * @param rules the rules of the ticket's legs, in their order
     * @param returned is run after something returned
     */
    BudgetLease(
            BudgetStore store,
            List<BudgetRule> rules,
            Ticket ticket,
            Amounts leased,
            Duration waited,
            InstantSource clock,
            Runnable returned) {
        this.store = store;
        this.rules = rules;
        this.ticket = ticket;
        this.leased = leased;
        this.waited = waited;
        this.clock = clock;
        this.returned = returned;
    }

    @Override
    public Amounts leased() {
        return leased;
    }

    @Override
    public Instant expires() {
        return Instant.ofEpochMilli(ticket.expires());
    }

    @Override
    public Duration waited() {
        return waited;
    }

    @Override
    public Settlement settle(Amounts actual) {
        Settlement settled;
        synchronized (this) {
            if (settlement != null) {
                return settlement;
            }
            Amounts charged = bill == null ? actual : bill;
            bill = charged;
            settled = book(charged);
            settlement = settled;
        }
        returned.run();
        return settled;
    }

    private Settlement book(Amounts charged) {
        long now = clock.millis();
        boolean late = released || now >= ticket.expires();
        long[] charges = new long[rules.size()];
        boolean anything = ticket.tookAnything() && !released;
        for (int i = 0; i < charges.length; i++) {
            charges[i] = charged.of(rules.get(i).unit());
            anything |= charges[i] > 0;
        }
        if (anything) {
            Attempt attempt = attempt(late || !ticket.tookAnything());
            sent = attempt;
            Finish finish = store.finish(countedAt(now), charges, attempt, now);
            late |= finish == Finish.BOOKED_LATE && ticket.tookAnything();
        }
        return new Settlement(charged, late ? charged : charged.beyond(leased), late);
    }

    /** What was not set aside has no window yet: it counts in the one in which it is booked. */
    private Ticket countedAt(long now) {
        List<Leg> legs = new ArrayList<>(ticket.legs());
        for (int i = 0; i < legs.size(); i++) {
            Leg leg = legs.get(i);
            if (leg.amount() == 0) {
                legs.set(i, new Leg(leg.account(), rules.get(i).windowAt(now), 0, leg.forgetAt()));
            }
        }
        return new Ticket(ticket.id(), legs, ticket.expires());
    }

    /** A bill that was sent once is sent in the same way again, or the store could not tell that it is the same. */
    private Attempt attempt(boolean leavesMark) {
        if (sent != null) {
            return sent == Attempt.FIRST ? Attempt.AGAIN : sent;
        }
        return leavesMark ? Attempt.LATE : Attempt.FIRST;
    }

    @Override
    public void release() {
        try {
            synchronized (this) {
                if (settlement != null) {
                    return;
                }
                if (bill != null) {
                    settlement = book(bill);
                } else if (released) {
                    return;
                } else {
                    released = true;
                    if (ticket.tookAnything()) {
                        store.finish(ticket, new long[ticket.legs().size()], Attempt.FIRST, clock.millis());
                    }
                }
            }
        } catch (BudgetStoreException e) {
            LOG.warn(
                    "a lease on {} cannot be {} now: {}",
                    ticket.legs().stream().map(Leg::account).toList(),
                    bill == null ? "given back and returns at " + expires() : "settled with " + bill,
                    e.getMessage());
            return;
        }
        returned.run();
    }
}
