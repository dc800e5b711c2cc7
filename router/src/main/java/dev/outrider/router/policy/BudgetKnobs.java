package dev.outrider.router.policy;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.math.BigDecimal;
import java.time.Duration;

import dev.outrider.router.budget.Amounts;
import dev.outrider.router.budget.BudgetRule;
import dev.outrider.router.budget.OnExhausted;
import dev.outrider.router.budget.Scope;

/** The settings of a budget. */
final class BudgetKnobs {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration YEAR = Duration.ofDays(366);

    private static final Knob<BudgetRule, String> NAME = Knob.required(
            "name", Kinds.text(), BudgetRule::name, "Shown in refusals and in the ledger.");

    private static final Knob<BudgetRule, Scope> SCOPE = Knob.of(
            "scope",
            Kinds.choice(Scope.class),
            Scope.GLOBAL,
            BudgetRule::scope,
            "Who shares the limit: everybody, one `tenant`, one `session` of a tenant, one `request` of a session, one `subtask`"
                    + " of a request, as the caller names them in `CascadeAttributes`. All who name no tenant share one.");

    private static final Knob<BudgetRule, BudgetUnit> UNIT = Knob.of(
            "unit",
            Kinds.choice(BudgetUnit.class),
            BudgetUnit.USD,
            rule -> BudgetUnit.of(rule.unit()),
            "What is counted. Money counts both tiers: the LLM by its tokens, the SLM by its seconds at the price of an hour.");

    private static final Knob<BudgetRule, BigDecimal> LIMIT = Knob.required(
            "limit",
            Kinds.zeroOrMore(),
            rule -> BudgetUnit.of(rule.unit()).written(rule.limit()),
            "The most that may be spent and set aside together, in the unit; 0 allows nothing. A dollar has a million parts, a"
                    + " second a thousand.");

    private static final Knob<BudgetRule, Duration> PER = Knob.optional(
            "per",
            Kinds.duration(SECOND, YEAR),
            BudgetRule::window,
            "Length of a window, aligned to 1970-01-01 UTC; `1d` is a calendar day in UTC. Without it the limit is for life.");

    private static final Knob<BudgetRule, OnExhausted> ON_EXHAUSTED = Knob.of(
            "on-exhausted",
            Kinds.choice(OnExhausted.class),
            OnExhausted.REFUSE,
            BudgetRule::onExhausted,
            "What happens to a query that is not covered. `answer-locally`: a local answer of the right form is taken although its"
                    + " evidence is too weak, up to the workload's `answer-locally-up-to`; the decision says so. `refuse`. `queue`:"
                    + " wait in line until something is given back or the next window begins.");

    private static final Knob<BudgetRule, Duration> QUEUE_FOR = Knob.of(
            "queue-for",
            Kinds.duration(MILLISECOND, YEAR),
            BudgetRule.QUEUE_FOR,
            BudgetRule::queueFor,
            "Longest wait under `on-exhausted: queue`; then the query is refused.");

    private static final Knob<BudgetRule, Integer> QUEUE_LENGTH = Knob.of(
            "queue-length",
            Kinds.integer(1, 100_000),
            BudgetRule.QUEUE_LENGTH,
            BudgetRule::queueLength,
            "Most queries that wait in line in one process; one more is refused at once.");

    static final Shape<BudgetRule> BUDGET = Shape.of(
            """
            A list. All budgets that apply to a query must cover it. Before a call its worst case is set aside in all of them or \
            in none (prompt tokens estimated at 2 bytes each, and the longest answer); after it, what was really used is booked \
            and the rest returns. Usage beyond what was set aside is booked in full and stated in the record. Failed local \
            attempts, repairs, retries and audits are charged like everything else. An LLM that reports no usage is charged by an \
            estimate (3 bytes per token), and so is a prompt that it may have read without answering; such records say \
            `estimated`. Spending is remembered under the budget's name, scope, unit and window: a policy that changes the limit \
            alone finds spent what was spent.""",
            v -> new BudgetRule(
                    v.get(NAME),
                    v.get(SCOPE),
                    v.get(UNIT).unit(),
                    counted(v.get(LIMIT), v.get(UNIT)),
                    v.find(PER),
                    v.get(ON_EXHAUSTED),
                    v.get(QUEUE_FOR),
                    v.get(QUEUE_LENGTH)),
            NAME,
            SCOPE,
            UNIT,
            LIMIT,
            PER,
            ON_EXHAUSTED,
            QUEUE_FOR,
            QUEUE_LENGTH);

    private BudgetKnobs() {}

    private static long counted(BigDecimal limit, BudgetUnit unit) {
        check(
                limit.compareTo(unit.written(Amounts.MOST)) <= 0,
                "limit",
                "must be at most " + unit.written(Amounts.MOST).toPlainString() + " " + Kinds.kebab(unit));
        check(
                unit.canCount(limit),
                "limit",
                "is finer than " + unit.written(1).toPlainString() + " " + Kinds.kebab(unit)
                        + ", the least that is counted");
        return unit.counted(limit);
    }
}
