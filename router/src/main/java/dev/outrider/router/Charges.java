package dev.outrider.router;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import dev.outrider.router.budget.Amounts;
import dev.outrider.router.budget.BudgetKeys;
import dev.outrider.router.budget.BudgetStoreException;
import dev.outrider.router.budget.Budgets;
import dev.outrider.router.budget.Grant;
import dev.outrider.router.budget.Lease;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.DecisionRecord.Spend;

/** What one query sets aside and is charged. Used by one thread. */
final class Charges {

    private static final Logger LOG = LoggerFactory.getLogger(Charges.class);

    private final Budgets budgets;
    private final BudgetKeys keys;
    private final Duration expiry;
    private final List<DecisionRecord.Lease> done = new ArrayList<>();
    private Duration waited = Duration.ZERO;

    Charges(Budgets budgets, BudgetKeys keys, Duration expiry) {
        this.budgets = budgets;
        this.keys = keys;
        this.expiry = expiry;
    }

    /**
     * Sets the worst case aside.
     *
     * @throws BudgetStoreException when it cannot be told what is left
     */
    Grant lease(Amounts worstCase) {
        Grant grant = budgets.lease(keys, worstCase, expiry);
        if (grant instanceof Grant.Granted granted) {
            waited = waited.plus(granted.lease().waited());
        }
        return grant;
    }

    /**
     * Books what was used. When the store fails, releasing the lease tries again.
     *
     * @return money that was used beyond what was set aside, in micro-dollars
     */
    long settle(String purpose, Lease lease, Amounts used) {
        try {
            return lease.settle(used).overdraft().microUsd();
        } catch (BudgetStoreException e) {
            LOG.warn("what a query used could not be booked and is tried again: {}", e.getMessage());
            return used.beyond(lease.leased()).microUsd();
        } finally {
            done.add(new DecisionRecord.Lease(purpose, spend(lease.leased()), spend(used)));
        }
    }

    /** All leases so far, in order, for the ledger. */
    List<DecisionRecord.Lease> leases() {
        return done;
    }

    /** How long the query waited in line for budgets. */
    Duration waited() {
        return waited;
    }

    private static Spend spend(Amounts amounts) {
        return new Spend(
                amounts.microUsd(), amounts.tokens(), amounts.thinkingTokens(), amounts.millis(), amounts.gpuMillis());
    }
}
