package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

import dev.outrider.router.budget.Grant.Exhausted;
import dev.outrider.router.budget.Grant.Granted;

class BudgetsTest {

    private static final Duration EXPIRY = Duration.ofMinutes(5);
    private static final Duration DAY = Duration.ofDays(1);
    private static final BudgetKeys NOBODY = BudgetKeys.ofRequest("r");

    private final Instant now = Instant.parse("2026-01-02T12:00:00Z");
    private final BudgetStore store = new InMemoryBudgetStore();

    private Budgets budgets(BudgetRule... rules) {
        return new Budgets(List.of(rules), store, InstantSource.fixed(now));
    }

    private static Amounts usd(long microUsd) {
        return Amounts.of(Unit.MICRO_USD, microUsd);
    }

    @Test
    void without_rules_everything_is_granted_and_what_was_used_is_still_told() {
        Budgets budgets = budgets();
        Lease lease = ((Granted) budgets.lease(NOBODY, usd(Amounts.MOST), EXPIRY)).lease();
        assertThat(lease.expires()).isEqualTo(now.plus(EXPIRY));
        assertThat(lease.leased()).isEqualTo(usd(Amounts.MOST));
        assertThat(lease.settle(usd(7))).isEqualTo(new Settlement(usd(7), Amounts.NONE, false));
        assertThat(budgets.states(NOBODY)).isEmpty();
    }

    @Test
    void a_refusal_says_in_one_line_what_is_missing_and_what_to_do() {
        Budgets budgets = budgets(
                BudgetRule.of("daily", Scope.GLOBAL, Unit.MICRO_USD, 1_000_000, DAY, OnExhausted.REFUSE));
        ((Granted) budgets.lease(NOBODY, usd(900_000), EXPIRY)).lease().settle(usd(600_000));
        budgets.lease(NOBODY, usd(300_000), EXPIRY);
        Exhausted exhausted = (Exhausted) budgets.lease(NOBODY, usd(200_001), EXPIRY);
        assertThat(exhausted.then()).isEqualTo(OnExhausted.REFUSE);
        assertThat(exhausted.retryAfter()).isEqualTo(Duration.ofHours(12));
        assertThat(exhausted.detail())
                .isEqualTo("this may take $0.200001, but budget \"daily\" has $0.10 of $1.00 left ($0.60 spent,"
                        + " $0.30 set aside); raise its limit in the policy or wait for the next window at"
                        + " 2026-01-03T00:00:00Z");
    }

    @Test
    void no_time_helps_against_a_limit_for_life_nor_for_more_than_all_of_it() {
        Budgets budgets = budgets(
                BudgetRule.of("life", Scope.GLOBAL, Unit.TOKENS, 100, null, OnExhausted.ANSWER_LOCALLY),
                BudgetRule.of("daily", Scope.GLOBAL, Unit.GPU_MILLIS, 100, DAY, OnExhausted.QUEUE));
        Exhausted life = (Exhausted) budgets.lease(NOBODY, Amounts.of(Unit.TOKENS, 101), EXPIRY);
        assertThat(life.then()).isEqualTo(OnExhausted.ANSWER_LOCALLY);
        assertThat(life.retryAfter()).isNull();
        assertThat(life.detail()).endsWith("; raise its limit in the policy");
        Exhausted never = (Exhausted) budgets.lease(NOBODY, Amounts.of(Unit.GPU_MILLIS, 101), EXPIRY);
        assertThat(never.then()).as("it would wait for ever").isEqualTo(OnExhausted.REFUSE);
        assertThat(never.retryAfter()).isNull();
    }

    @Test
    void a_limit_of_nothing_allows_nothing() {
        Budgets budgets = budgets(
                BudgetRule.of("none", Scope.GLOBAL, Unit.MICRO_USD, 0, null, OnExhausted.REFUSE));
        assertThat(budgets.lease(NOBODY, usd(1), EXPIRY)).isInstanceOf(Exhausted.class);
        assertThat(budgets.lease(NOBODY, Amounts.of(Unit.TOKENS, 1), EXPIRY)).isInstanceOf(Granted.class);
    }

    @Test
    void a_raised_limit_finds_spent_what_was_spent_and_another_window_begins_anew() {
        BudgetRule rule = BudgetRule.of("daily", Scope.GLOBAL, Unit.MICRO_USD, 100, DAY, OnExhausted.REFUSE);
        ((Granted) budgets(rule).lease(NOBODY, usd(100), EXPIRY)).lease().settle(usd(100));
        BudgetRule raised = BudgetRule.of("daily", Scope.GLOBAL, Unit.MICRO_USD, 150, DAY, OnExhausted.REFUSE);
        assertThat(budgets(raised).lease(NOBODY, usd(51), EXPIRY)).isInstanceOf(Exhausted.class);
        assertThat(budgets(raised).lease(NOBODY, usd(50), EXPIRY)).isInstanceOf(Granted.class);
        BudgetRule hourly =
                BudgetRule.of("daily", Scope.GLOBAL, Unit.MICRO_USD, 150, Duration.ofHours(1), OnExhausted.REFUSE);
        assertThat(budgets(hourly).lease(NOBODY, usd(150), EXPIRY)).isInstanceOf(Granted.class);
    }

    @Test
    void who_names_no_tenant_shares_with_all_who_name_none_and_has_a_session_of_his_own() {
        Budgets budgets = budgets(
                BudgetRule.of("tenant", Scope.TENANT, Unit.MICRO_USD, 100, null, OnExhausted.REFUSE),
                BudgetRule.of("session", Scope.SESSION, Unit.MICRO_USD, 60, null, OnExhausted.REFUSE));
        assertThat(budgets.lease(BudgetKeys.ofRequest("a"), usd(60), EXPIRY)).isInstanceOf(Granted.class);
        Exhausted exhausted = (Exhausted) budgets.lease(BudgetKeys.ofRequest("b"), usd(60), EXPIRY);
        assertThat(exhausted.rule().name()).isEqualTo("tenant");
        assertThat(budgets.lease(BudgetKeys.ofRequest("b"), usd(40), EXPIRY)).isInstanceOf(Granted.class);
        assertThat(budgets.lease(new BudgetKeys("acme", null, "b", null), usd(60), EXPIRY))
                .isInstanceOf(Granted.class);
    }

    @Test
    void impossible_settings_and_amounts_are_refused() {
        assertThatThrownBy(() -> BudgetRule.of(" ", Scope.GLOBAL, Unit.TOKENS, 1, null, OnExhausted.REFUSE))
                .hasMessage("name must not be blank");
        assertThatThrownBy(() -> BudgetRule.of("x", Scope.GLOBAL, Unit.TOKENS, -1, null, OnExhausted.REFUSE))
                .hasMessage("limit must be between 0 and 1000000000000000");
        assertThatThrownBy(() -> BudgetRule.of(
                        "x", Scope.GLOBAL, Unit.TOKENS, 1, Duration.ofMillis(999), OnExhausted.REFUSE))
                .hasMessage("per must be at least 1s");
        assertThatThrownBy(() -> new BudgetRule(
                        "x", Scope.GLOBAL, Unit.TOKENS, 1, null, OnExhausted.QUEUE, Duration.ZERO, 1))
                .hasMessage("queue-for must be at least 1ms");
        assertThatThrownBy(() -> new BudgetRule(
                        "x", Scope.GLOBAL, Unit.TOKENS, 1, null, OnExhausted.QUEUE, Duration.ofSeconds(1), 0))
                .hasMessage("queue-length must be between 1 and 100000");
        BudgetRule rule = BudgetRule.of("x", Scope.GLOBAL, Unit.TOKENS, 1, null, OnExhausted.REFUSE);
        assertThatThrownBy(() -> budgets(rule, rule))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two budgets are named \"x\"; rename one");
        assertThatThrownBy(() -> usd(-1)).hasMessage("microUsd must be between 0 and 1000000000000000 but is -1");
        assertThatThrownBy(() -> usd(Amounts.MOST).plus(usd(1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BudgetKeys("", null, "r", null))
                .hasMessage("the tenant of a budget must not be blank; leave it out instead");
        assertThatThrownBy(() -> budgets(rule).lease(NOBODY, usd(1), Duration.ZERO))
                .hasMessageContaining("at least 1 ms");
    }

    @Test
    void amounts_add_up_and_compare_unit_by_unit() {
        Amounts one = new Amounts(1, 2, 3, 4, 5);
        Amounts other = new Amounts(5, 4, 3, 2, 1);
        assertThat(one.plus(other)).isEqualTo(new Amounts(6, 6, 6, 6, 6));
        assertThat(one.beyond(other)).isEqualTo(new Amounts(0, 0, 0, 2, 4));
        assertThat(one.covers(other)).isFalse();
        assertThat(one.plus(other).covers(other)).isTrue();
        for (Unit unit : Unit.values()) {
            assertThat(Amounts.of(unit, 9).of(unit)).isEqualTo(9);
            assertThat(one.with(unit, 0).plus(Amounts.of(unit, one.of(unit)))).isEqualTo(one);
        }
    }
}
