package dev.outrider.evals.run;

import java.math.BigDecimal;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

import dev.outrider.router.MicroUsd;
import dev.outrider.router.RefusalReason;
import dev.outrider.router.RefusedException;
import dev.outrider.router.budget.BudgetRule;
import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.Budgets;
import dev.outrider.router.budget.OnExhausted;
import dev.outrider.router.budget.Scope;
import dev.outrider.router.budget.Unit;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;

/**
 * The most that a run may spend, all its starts together. It is one more budget of the cascade: the worst case of every request is set
 * aside before it leaves, so the limit holds whatever runs at the same time, repairs and audits included.
 *
 * @param microUsd the limit; machine time of the SLM counts, at the policy's price
 */
public record MoneyLimit(long microUsd) {

    private static final String BUDGET = "max-usd of this run";

    public MoneyLimit {
        if (microUsd < 0) {
            throw new IllegalArgumentException("the money limit must not be negative but is " + MicroUsd.format(microUsd));
        }
    }

    /**
     * A limit in dollars.
     *
     * @throws IllegalArgumentException when it is negative, finer than a micro-dollar or too large
     */
    public static MoneyLimit ofUsd(BigDecimal usd) {
        try {
            return new MoneyLimit(MicroUsd.ofUsd(usd));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("a money limit has at most six decimals, but " + usd.toPlainString() + " was given", e);
        }
    }

    /**
     * The same policy with this limit before its own budgets.
     *
     * @param spentMicroUsd what earlier starts of the run spent
     */
    public PolicyInForce in(PolicyInForce force, long spentMicroUsd) {
        Policy p = force.policy();
        List<BudgetRule> budgets = new ArrayList<>();
        budgets.add(rule(spentMicroUsd));
        budgets.addAll(p.budgets());
        return new PolicyInForce(p.withBudgets(budgets), force.calibration(), force.calibrationFile());
    }

    private BudgetRule rule(long spentMicroUsd) {
        return BudgetRule.of(BUDGET, Scope.GLOBAL, Unit.MICRO_USD, Math.max(0, microUsd - spentMicroUsd), null, OnExhausted.REFUSE);
    }

    /**
     * The same limit for somebody who spends beside the cascade.
     *
     * @param store the cascade's; both take from one account in it
     * @param spentMicroUsd as of {@link #in}
     */
    Budgets budgets(BudgetStore store, long spentMicroUsd) {
        return new Budgets(List.of(rule(spentMicroUsd)), store, InstantSource.system());
    }

    /** Whether a query was refused by this limit rather than by a budget of the policy. */
    static boolean refused(RefusedException e) {
        return e.reason() == RefusalReason.BUDGET_EXHAUSTED && e.detail().contains("\"" + BUDGET + "\"");
    }

    /** For the run's end, where an answer is known and its verdict is not. */
    String reachedByJudge() {
        return "the money limit of " + MicroUsd.format(microUsd) + " does not cover the judge's next call; a rerun with a higher"
                + " --max-usd goes on";
    }

    /** For the run's end. */
    String reached() {
        return "the money limit of " + MicroUsd.format(microUsd) + " does not cover the next query; a rerun with a higher --max-usd"
                + " goes on";
    }
}
