package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import dev.outrider.router.budget.BudgetStore.Attempt;
import dev.outrider.router.budget.BudgetStore.Balance;
import dev.outrider.router.budget.BudgetStore.Demand;
import dev.outrider.router.budget.BudgetStore.Finish;
import dev.outrider.router.budget.BudgetStore.NotCovered;
import dev.outrider.router.budget.BudgetStore.Taken;
import dev.outrider.router.budget.BudgetStore.Ticket;
import dev.outrider.router.budget.Grant.Exhausted;
import dev.outrider.router.budget.Grant.Granted;

/** What every store of budgets must do. */
abstract class BudgetStoreContract {

    static final Duration EXPIRY = Duration.ofMinutes(5);
    static final Duration DAY = Duration.ofDays(1);
    static final BudgetKeys NOBODY = BudgetKeys.ofRequest("r");

    private volatile Instant now = Instant.parse("2026-01-02T12:00:00Z");
    final InstantSource clock = () -> now;

    BudgetStore store;

    /** A store with nothing in it. */
    abstract BudgetStore open();

    /** Operations of a thread in the test with many of them. */
    abstract int operations();

    /** Whether an operation may fail without anybody knowing if it was carried out. */
    boolean mayBreakOff() {
        return true;
    }

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private static BudgetRule money(long limit, @Nullable Duration window) {
        return BudgetRule.of("money", Scope.GLOBAL, Unit.MICRO_USD, limit, window, OnExhausted.REFUSE);
    }

    private Budgets budgets(BudgetRule... rules) {
        return new Budgets(List.of(rules), store, clock);
    }

    private Lease lease(Budgets budgets, long microUsd) {
        return lease(budgets, NOBODY, Amounts.of(Unit.MICRO_USD, microUsd));
    }

    private static Lease lease(Budgets budgets, BudgetKeys keys, Amounts amounts) {
        Grant grant = budgets.lease(keys, amounts, EXPIRY);
        assertThat(grant).isInstanceOf(Granted.class);
        return ((Granted) grant).lease();
    }

    private static boolean covered(Budgets budgets, long microUsd) {
        Grant grant = budgets.lease(NOBODY, Amounts.of(Unit.MICRO_USD, microUsd), EXPIRY);
        if (grant instanceof Granted granted) {
            granted.lease().release();
            return true;
        }
        return false;
    }

    private static Amounts usd(long microUsd) {
        return Amounts.of(Unit.MICRO_USD, microUsd);
    }

    private void assertMoney(Budgets budgets, long spent, long leased) {
        BudgetState state = budgets.states(NOBODY).getFirst();
        assertThat(state.spent()).as("spent").isEqualTo(spent);
        assertThat(state.leased()).as("leased").isEqualTo(leased);
    }

    @Test
    void a_lease_sets_money_aside_and_settling_books_what_was_spent() {
        Budgets budgets = budgets(money(1000, null));
        Lease lease = lease(budgets, 400);
        assertMoney(budgets, 0, 400);
        assertThat(store.leasesOut(clock.millis())).isEqualTo(1);
        assertThat(lease.settle(usd(150))).isEqualTo(new Settlement(usd(150), Amounts.NONE, false));
        assertMoney(budgets, 150, 0);
        assertThat(store.leasesOut(clock.millis())).isZero();
    }

    @Test
    void more_than_is_left_is_not_given_and_exactly_what_is_left_is() {
        Budgets budgets = budgets(money(1000, null));
        lease(budgets, 600).settle(usd(600));
        assertThat(covered(budgets, 401)).isFalse();
        Lease rest = lease(budgets, 400);
        assertThat(covered(budgets, 1)).isFalse();
        assertThat(covered(budgets, Amounts.MOST)).isFalse();
        rest.release();
        assertMoney(budgets, 600, 0);
    }

    @Test
    void a_lease_takes_from_all_budgets_or_from_none() {
        BudgetKeys keys = new BudgetKeys("acme", "s", "r", "t");
        Budgets budgets = budgets(
                BudgetRule.of("all", Scope.GLOBAL, Unit.MICRO_USD, 1000, DAY, OnExhausted.REFUSE),
                BudgetRule.of("tenant", Scope.TENANT, Unit.TOKENS, 500, null, OnExhausted.REFUSE),
                BudgetRule.of("session", Scope.SESSION, Unit.THINKING_TOKENS, 300, DAY, OnExhausted.REFUSE),
                BudgetRule.of("request", Scope.REQUEST, Unit.MILLIS, 9000, null, OnExhausted.REFUSE),
                BudgetRule.of("subtask", Scope.SUBTASK, Unit.GPU_MILLIS, 10, null, OnExhausted.ANSWER_LOCALLY));
        Lease lease = lease(budgets, keys, new Amounts(100, 50, 30, 4000, 10));
        Exhausted exhausted =
                (Exhausted) budgets.lease(keys, new Amounts(100, 50, 30, 4000, 1), EXPIRY);
        assertThat(exhausted.rule().name()).isEqualTo("subtask");
        assertThat(exhausted.then()).isEqualTo(OnExhausted.ANSWER_LOCALLY);
        assertThat(budgets.states(keys)).extracting(BudgetState::leased).containsExactlyInAnyOrder(
                100L, 50L, 30L, 4000L, 10L);
        assertThat(store.leasesOut(clock.millis())).isEqualTo(1);
        lease.settle(new Amounts(1, 2, 3, 4, 5));
        assertThat(budgets.states(keys)).allSatisfy(state -> assertThat(state.leased()).isZero());
        assertThat(budgets.states(keys)).extracting(BudgetState::spent).containsExactlyInAnyOrder(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void a_charge_is_booked_once_however_often_it_is_settled_and_released() {
        Budgets budgets = budgets(money(1000, null));
        Lease lease = lease(budgets, 400);
        Settlement first = lease.settle(usd(100));
        assertThat(lease.settle(usd(100))).isEqualTo(first);
        assertThat(lease.settle(usd(300))).isEqualTo(first);
        lease.release();
        lease.release();
        assertMoney(budgets, 100, 0);
    }

    @Test
    void releasing_gives_all_back_and_may_be_done_twice() {
        Budgets budgets = budgets(money(1000, null));
        Lease lease = lease(budgets, 1000);
        lease.release();
        lease.release();
        assertMoney(budgets, 0, 0);
        assertThat(covered(budgets, 1000)).isTrue();
    }

    @Test
    void a_bill_that_comes_after_the_release_is_booked_in_full_and_once() {
        Budgets budgets = budgets(money(1000, null));
        Lease lease = lease(budgets, 1000);
        lease.release();
        Lease other = lease(budgets, 900);
        assertThat(lease.settle(usd(200))).isEqualTo(new Settlement(usd(200), usd(200), true));
        assertThat(lease.settle(usd(200)).charged()).isEqualTo(usd(200));
        assertMoney(budgets, 200, 900);
        other.release();
        assertMoney(budgets, 200, 0);
    }

    @Test
    void what_costs_more_than_its_lease_is_booked_in_full_and_told() {
        Budgets budgets = budgets(money(1000, null));
        assertThat(lease(budgets, 1000).settle(usd(1300))).isEqualTo(new Settlement(usd(1300), usd(300), false));
        assertMoney(budgets, 1300, 0);
        assertThat(budgets.states(NOBODY).getFirst().available()).isZero();
        assertThat(covered(budgets, 1)).isFalse();
    }

    @Test
    void what_was_not_set_aside_is_booked_all_the_same() {
        Budgets budgets = budgets(
                money(1000, null),
                BudgetRule.of("thoughts", Scope.TENANT, Unit.THINKING_TOKENS, 10, DAY, OnExhausted.REFUSE));
        Lease lease = lease(budgets, 100);
        now = now.plus(Duration.ofMinutes(1));
        Settlement settlement = lease.settle(new Amounts(100, 7, 25, 0, 0));
        assertThat(settlement.overdraft()).isEqualTo(new Amounts(0, 7, 25, 0, 0));
        assertThat(budgets.states(NOBODY)).extracting(BudgetState::spent).containsExactlyInAnyOrder(100L, 25L);
        assertThat(covered(budgets, 1)).as("asks for no thoughts").isTrue();
        Lease free = lease(budgets, NOBODY, Amounts.NONE);
        assertThat(store.leasesOut(clock.millis())).isZero();
        free.settle(usd(5));
        free.settle(usd(5));
        free.release();
        assertThat(budgets.states(NOBODY)).extracting(BudgetState::spent).containsExactlyInAnyOrder(105L, 25L);
    }

    @Test
    void a_forgotten_lease_returns_when_it_expires_and_a_late_bill_is_booked_in_full() {
        Budgets budgets = budgets(money(1000, null));
        Lease forgotten = lease(budgets, 1000);
        now = now.plus(EXPIRY).minusMillis(1);
        assertThat(covered(budgets, 1)).isFalse();
        now = now.plusMillis(1);
        assertThat(store.leasesOut(clock.millis())).isZero();
        Lease next = lease(budgets, 900);
        assertThat(forgotten.settle(usd(200))).isEqualTo(new Settlement(usd(200), usd(200), true));
        assertThat(forgotten.settle(usd(200)).charged()).isEqualTo(usd(200));
        assertMoney(budgets, 200, 900);
        next.release();
        assertMoney(budgets, 200, 0);
    }

    @Test
    void a_bill_on_the_very_moment_of_expiry_is_late_although_nobody_took_the_money() {
        Budgets budgets = budgets(money(1000, null));
        Lease lease = lease(budgets, 1000);
        now = now.plus(EXPIRY);
        assertThat(lease.settle(usd(200))).isEqualTo(new Settlement(usd(200), usd(200), true));
        assertMoney(budgets, 200, 0);
    }

    @Test
    void a_lease_counts_in_the_window_in_which_it_was_granted() {
        Budgets budgets = budgets(money(1000, DAY));
        lease(budgets, 700).settle(usd(700));
        now = Instant.parse("2026-01-02T23:59:59Z");
        Lease over = lease(budgets, 300);
        now = Instant.parse("2026-01-03T00:00:00Z");
        assertMoney(budgets, 0, 0);
        Lease tomorrows = lease(budgets, 1000);
        over.settle(usd(250));
        assertMoney(budgets, 0, 1000);
        tomorrows.settle(usd(1));
        assertMoney(budgets, 1, 0);
        BudgetState state = budgets.states(NOBODY).getFirst();
        assertThat(state.total()).isEqualTo(951);
        assertThat(state.windowEnds()).isEqualTo(Instant.parse("2026-01-04T00:00:00Z"));
    }

    @Test
    void a_clock_that_goes_back_gives_no_money_back() {
        Budgets budgets = budgets(money(1000, DAY));
        Lease lease = lease(budgets, 1000);
        now = now.minus(Duration.ofDays(3));
        assertThat(covered(budgets, 1)).isFalse();
        lease.settle(usd(990));
        assertMoney(budgets, 990, 0);
        assertThat(covered(budgets, 11)).isFalse();
        lease(budgets, NOBODY, Amounts.of(Unit.TOKENS, 5)).settle(usd(10));
        assertThat(covered(budgets, 1)).as("a charge without a lease counts as well").isFalse();
        now = now.plus(Duration.ofDays(4));
        assertThat(covered(budgets, 1000)).isTrue();
    }

    @Test
    void two_accounts_never_share_a_name_whatever_callers_call_them() {
        Budgets budgets = budgets(
                BudgetRule.of("a|b/c%", Scope.SESSION, Unit.TOKENS, 10, null, OnExhausted.REFUSE),
                BudgetRule.of("a", Scope.SUBTASK, Unit.TOKENS, 10, null, OnExhausted.REFUSE));
        List<BudgetKeys> all = List.of(
                new BudgetKeys("t/u", "s", "r", null),
                new BudgetKeys("t", "u/s", "r", null),
                new BudgetKeys("t", "u", "s/r", null),
                new BudgetKeys(null, "t", "r", null),
                new BudgetKeys("t", null, "r", null),
                new BudgetKeys("t", "?r", "r", null),
                new BudgetKeys("t%002f", "s\nx\u0000y", "r \ud800", "'; DROP TABLE x; --"),
                new BudgetKeys("ünïcödé 😀", "s", "r", "ŝ"));
        for (BudgetKeys keys : all) {
            lease(budgets, keys, Amounts.of(Unit.TOKENS, 10)).settle(Amounts.of(Unit.TOKENS, 10));
        }
        for (BudgetKeys keys : all) {
            assertThat(budgets.states(keys)).extracting(BudgetState::spent).containsExactly(10L, 10L);
        }
    }

    @Test
    void sessions_and_requests_are_forgotten_in_time_and_tenants_never() {
        Budgets budgets = budgets(
                BudgetRule.of("t", Scope.TENANT, Unit.TOKENS, 10, null, OnExhausted.REFUSE),
                BudgetRule.of("s", Scope.SESSION, Unit.TOKENS, 10, null, OnExhausted.REFUSE),
                BudgetRule.of("r", Scope.REQUEST, Unit.TOKENS, 10, null, OnExhausted.REFUSE));
        BudgetKeys keys = new BudgetKeys("acme", "s", "r", null);
        lease(budgets, keys, Amounts.of(Unit.TOKENS, 5)).settle(Amounts.of(Unit.TOKENS, 5));
        for (List<Long> left : List.of(List.of(5L, 5L, 5L), List.of(0L, 5L, 5L), List.of(0L, 0L, 5L))) {
            lease(budgets, new BudgetKeys("other", "o", "o", null), Amounts.of(Unit.TOKENS, 1)).release();
            assertThat(budgets.states(keys)).extracting(BudgetState::spent).containsExactlyElementsOf(left);
            now = now.plus(Duration.ofDays(left.get(0) == 5 ? 2 : 31));
        }
    }

    @Test
    void a_repeated_finish_is_told_from_a_first_one() {
        long time = clock.millis();
        Demand demand = new Demand("a", 0, 10, 100, Long.MAX_VALUE);
        Ticket settled = ((Taken) store.take(List.of(demand), time, time + 1000)).ticket();
        assertThat(store.finish(settled, new long[] {4}, Attempt.FIRST, time)).isEqualTo(Finish.BOOKED);
        assertThat(store.finish(settled, new long[] {4}, Attempt.AGAIN, time)).isEqualTo(Finish.BOOKED_BEFORE);
        assertThat(store.balance("a", 0, time)).isEqualTo(new Balance(0, 4, 0, 4));

        Ticket lost = ((Taken) store.take(List.of(demand), time, time + 1000)).ticket();
        assertThat(store.finish(lost, new long[] {5}, Attempt.AGAIN, time)).isEqualTo(Finish.BOOKED);
        assertThat(store.balance("a", 0, time)).isEqualTo(new Balance(0, 9, 0, 9));

        Ticket late = ((Taken) store.take(List.of(demand), time, time + 1000)).ticket();
        store.finish(late, new long[] {0}, Attempt.FIRST, time);
        assertThat(store.finish(late, new long[] {6}, Attempt.LATE, time)).isEqualTo(Finish.BOOKED_LATE);
        if (mayBreakOff()) {
            assertThat(store.finish(late, new long[] {6}, Attempt.LATE, time)).isEqualTo(Finish.BOOKED_BEFORE);
        }

        Ticket unreturned = ((Taken) store.take(List.of(demand), time, time + 1000)).ticket();
        assertThat(store.finish(unreturned, new long[] {7}, Attempt.LATE, time)).isEqualTo(Finish.BOOKED);
        if (mayBreakOff()) {
            assertThat(store.finish(unreturned, new long[] {7}, Attempt.LATE, time)).isEqualTo(Finish.BOOKED_BEFORE);
        }

        Ticket expired = ((Taken) store.take(List.of(demand), time, time + 1000)).ticket();
        assertThat(store.leasesOut(time + 1000)).isZero();
        assertThat(store.finish(expired, new long[] {8}, Attempt.AGAIN, time)).isEqualTo(Finish.BOOKED_LATE);
        assertThat(store.finish(expired, new long[] {8}, Attempt.AGAIN, time)).isEqualTo(Finish.BOOKED_BEFORE);
        assertThat(store.balance("a", 0, time)).isEqualTo(new Balance(0, 30, 0, 30));
    }

    @Test
    void what_is_short_is_told_with_the_state_of_its_account() {
        long time = clock.millis();
        Demand first = new Demand("a", 7, 10, 100, Long.MAX_VALUE);
        Demand second = new Demand("b", 7, 10, 15, Long.MAX_VALUE);
        assertThat(store.take(List.of(first, second), time, time + 1000)).isInstanceOf(Taken.class);
        assertThat(store.take(List.of(first, second), time, time + 1000))
                .isEqualTo(new NotCovered(1, new Balance(7, 0, 10, 0)));
        assertThat(store.balance("a", 7, time)).isEqualTo(new Balance(7, 0, 10, 0));
        assertThat(store.take(List.of(first, second), time + 1000, time + 2000)).isInstanceOf(Taken.class);
    }

    @Test
    void a_closed_store_gives_nothing() {
        Budgets budgets = budgets(money(1000, null));
        Lease lease = lease(budgets, 10);
        store.close();
        store.close();
        assertThatThrownBy(() -> lease(budgets, 10))
                .isInstanceOfSatisfying(
                        BudgetStoreException.class,
                        e -> assertThat(e.kind()).isEqualTo(BudgetStoreException.Kind.CLOSED))
                .hasMessageContaining("closed; open it again");
        assertThatThrownBy(() -> lease.settle(usd(1))).isInstanceOf(BudgetStoreException.class);
        lease.release();
    }

    @Test
    void random_histories_end_as_in_the_model() {
        long seed = new Random().nextLong();
        System.out.println(getClass().getSimpleName() + " histories seed " + seed);
        Random random = new Random(seed);
        List<BudgetRule> rules = List.of(
                BudgetRule.of("g", Scope.GLOBAL, Unit.MICRO_USD, 3000, Duration.ofMinutes(10), OnExhausted.REFUSE),
                BudgetRule.of("t", Scope.TENANT, Unit.MICRO_USD, 2000, Duration.ofMinutes(7), OnExhausted.REFUSE),
                BudgetRule.of("s", Scope.SESSION, Unit.TOKENS, 1500, Duration.ofMinutes(3), OnExhausted.REFUSE),
                BudgetRule.of("r", Scope.REQUEST, Unit.THINKING_TOKENS, 900, null, OnExhausted.REFUSE),
                BudgetRule.of("u", Scope.SUBTASK, Unit.MILLIS, 50_000, null, OnExhausted.REFUSE));
        Budgets budgets = new Budgets(rules, store, clock);
        BudgetModel model = new BudgetModel(rules);
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < operations(); i++) {
            String where = "seed " + seed + ", operation " + i;
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    BudgetKeys keys = RandomLeases.keys(random);
                    Amounts amounts = RandomLeases.amounts(random);
                    Duration expiry = Duration.ofSeconds(1 + random.nextInt(300));
                    Grant grant = budgets.lease(keys, amounts, expiry);
                    String refusing = model.lease(keys, amounts, now, now.plus(expiry));
                    if (grant instanceof Granted granted) {
                        assertThat(refusing).as(where).isEmpty();
                        leases.add(granted.lease());
                    } else {
                        assertThat(refusing).as(where).contains(((Exhausted) grant).rule().name());
                    }
                }
                case 3, 4, 5 -> {
                    if (!leases.isEmpty()) {
                        int which = random.nextInt(leases.size());
                        Amounts actual = RandomLeases.amounts(random);
                        assertThat(leases.get(which).settle(actual)).as(where).isEqualTo(
                                model.settle(which, actual, now));
                    }
                }
                case 6 -> {
                    if (!leases.isEmpty()) {
                        int which = random.nextInt(leases.size());
                        leases.get(which).release();
                        model.release(which);
                    }
                }
                default -> {
                    now = now.plusMillis(random.nextInt(60_000));
                    model.expire(now);
                }
            }
            BudgetKeys keys = RandomLeases.keys(random);
            for (BudgetState state : budgets.states(keys)) {
                assertThat(List.of(state.spent(), state.leased(), state.total()))
                        .as("%s, rule %s of %s", where, state.rule().name(), keys)
                        .isEqualTo(model.state(state.rule(), keys, now));
            }
            assertThat(store.leasesOut(clock.millis())).as(where).isEqualTo(model.leasesOut());
        }
    }

    @Test
    void many_threads_never_pass_a_limit_and_leave_nothing_behind() throws Exception {
        long seed = new Random().nextLong();
        System.out.println(getClass().getSimpleName() + " threads seed " + seed);
        int threads = 8;
        int tenants = 3;
        long limit = 40L * operations() * threads;
        Budgets budgets = budgets(
                money(limit, null),
                BudgetRule.of("tenant", Scope.TENANT, Unit.MICRO_USD, limit / 2, null, OnExhausted.REFUSE));
        AtomicLong settled = new AtomicLong();
        AtomicLong worst = new AtomicLong();
        AtomicLong refused = new AtomicLong();
        CountDownLatch go = new CountDownLatch(1);
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int t = 0; t < threads; t++) {
                Random random = new Random(seed + t);
                running.add(pool.submit(() -> {
                    go.await();
                    for (int i = 0; i < operations(); i++) {
                        BudgetKeys keys = new BudgetKeys("t" + random.nextInt(tenants), null, "r", null);
                        Grant grant = budgets.lease(keys, usd(random.nextInt(500)), EXPIRY);
                        if (i % 8 == 0) {
                            BudgetState all = budgets.states(keys).getFirst();
                            worst.accumulateAndGet(all.spent() + all.leased(), Math::max);
                        }
                        if (grant instanceof Granted(Lease lease)) {
                            if (random.nextInt(4) == 0) {
                                lease.release();
                            } else {
                                long actual = random.nextLong(lease.leased().microUsd() + 1);
                                settled.addAndGet(lease.settle(usd(actual)).charged().microUsd());
                            }
                        } else {
                            refused.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            go.countDown();
            for (Future<?> one : running) {
                one.get();
            }
        }
        assertThat(worst.get()).isLessThanOrEqualTo(limit);
        assertMoney(budgets, settled.get(), 0);
        long ofTenants = 0;
        for (int t = 0; t < tenants; t++) {
            BudgetState state = budgets.states(new BudgetKeys("t" + t, null, "r", null)).getLast();
            assertThat(state.rule().name()).isEqualTo("tenant");
            assertThat(state.leased()).isZero();
            assertThat(state.spent()).isLessThanOrEqualTo(limit / 2);
            ofTenants += state.spent();
        }
        assertThat(ofTenants).isEqualTo(settled.get());
        assertThat(store.leasesOut(clock.millis())).isZero();
        assertThat(refused.get()).as("the test must reach the limit to mean anything").isPositive();
    }
}
