package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import dev.outrider.router.budget.Grant.Exhausted;
import dev.outrider.router.budget.Grant.Granted;

/** {@code on-exhausted: queue}. */
@Timeout(60)
class BudgetQueueTest {

    private static final Duration EXPIRY = Duration.ofMinutes(5);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final BudgetKeys NOBODY = BudgetKeys.ofRequest("r");

    private volatile Instant now = Instant.parse("2026-01-02T12:00:00Z");
    private final BudgetStore store = new InMemoryBudgetStore();

    private Budgets budgets(@Nullable Duration window, Duration queueFor, int queueLength) {
        return new Budgets(
                List.of(new BudgetRule(
                        "money", Scope.GLOBAL, Unit.MICRO_USD, 100, window, OnExhausted.QUEUE, queueFor, queueLength)),
                store,
                () -> now);
    }

    private static Amounts usd(long microUsd) {
        return Amounts.of(Unit.MICRO_USD, microUsd);
    }

    private static Lease lease(Budgets budgets, long microUsd) {
        return ((Granted) budgets.lease(NOBODY, usd(microUsd), EXPIRY)).lease();
    }

    private static CompletableFuture<Grant> async(Supplier<Grant> lease) {
        return CompletableFuture.supplyAsync(lease, Thread::startVirtualThread);
    }

    private static void awaitWaiting(Budgets budgets, int waiting) throws InterruptedException {
        while (budgets.waiting() != waiting) {
            Thread.sleep(1);
        }
    }

    @Test
    void who_waits_gets_what_another_gives_back() throws Exception {
        Budgets budgets = budgets(null, LONG, 10);
        Lease first = lease(budgets, 100);
        CompletableFuture<Grant> waiting = async(() -> budgets.lease(NOBODY, usd(60), EXPIRY));
        awaitWaiting(budgets, 1);
        first.settle(usd(40));
        Lease second = ((Granted) waiting.get()).lease();
        assertThat(second.waited()).isPositive();
        assertThat(budgets.waiting()).isZero();
        second.release();
        assertThat(budgets.states(NOBODY).getFirst().spent()).isEqualTo(40);
    }

    @Test
    void who_waits_gets_what_another_process_gives_back() throws Exception {
        Budgets budgets = budgets(null, LONG, 10);
        Budgets elsewhere = budgets(null, LONG, 10);
        Lease first = lease(elsewhere, 100);
        CompletableFuture<Grant> waiting = async(() -> budgets.lease(NOBODY, usd(60), EXPIRY));
        awaitWaiting(budgets, 1);
        first.release();
        assertThat(waiting.get()).isInstanceOf(Granted.class);
    }

    @Test
    void who_waits_is_served_when_the_window_turns() throws Exception {
        Budgets budgets = budgets(Duration.ofHours(1), LONG, 10);
        lease(budgets, 100).settle(usd(100));
        CompletableFuture<Grant> waiting = async(() -> budgets.lease(NOBODY, usd(60), EXPIRY));
        awaitWaiting(budgets, 1);
        now = now.plus(Duration.ofHours(1));
        assertThat(waiting.get()).isInstanceOf(Granted.class);
    }

    @Test
    void first_come_first_served_and_who_comes_later_does_not_overtake() throws Exception {
        Budgets budgets = budgets(null, LONG, 10);
        Lease first = lease(budgets, 100);
        BlockingQueue<Integer> served = new LinkedBlockingQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int number = i;
            // the first of the line wants most: smaller wishes behind it have to wait for it; no two of them fit at a time, so that the
            // order in which threads go on after their lease cannot show
            long amount = 90 - 10L * i;
            threads.add(Thread.ofVirtual().start(() -> {
                Lease lease = lease(budgets, amount);
                served.add(number);
                lease.release();
            }));
            awaitWaiting(budgets, i + 1);
        }
        first.settle(usd(10));
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(served).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void a_small_wish_does_not_slip_past_those_who_wait() throws Exception {
        Budgets budgets = budgets(null, LONG, 10);
        Lease first = lease(budgets, 50);
        CompletableFuture<Grant> big = async(() -> budgets.lease(NOBODY, usd(80), EXPIRY));
        awaitWaiting(budgets, 1);
        CompletableFuture<Grant> small = async(() -> budgets.lease(NOBODY, usd(10), EXPIRY));
        awaitWaiting(budgets, 2);
        assertThat(small).as("50 are left, and yet").isNotDone();
        first.release();
        assertThat(big.get()).isInstanceOf(Granted.class);
        assertThat(small.get()).isInstanceOf(Granted.class);
    }

    @Test
    void who_has_waited_long_enough_is_refused() {
        Budgets budgets = budgets(null, Duration.ofMillis(60), 10);
        lease(budgets, 100);
        Exhausted exhausted = (Exhausted) budgets.lease(NOBODY, usd(1), EXPIRY);
        assertThat(exhausted.then()).isEqualTo(OnExhausted.REFUSE);
        assertThat(exhausted.detail()).contains("$0.00 of $0.0001 left").contains("after waiting in line for 60ms");
        assertThat(budgets.waiting()).isZero();
    }

    @Test
    void a_full_line_takes_nobody_in() throws Exception {
        Budgets budgets = budgets(null, LONG, 1);
        Lease first = lease(budgets, 100);
        CompletableFuture<Grant> waiting = async(() -> budgets.lease(NOBODY, usd(1), EXPIRY));
        awaitWaiting(budgets, 1);
        Exhausted exhausted = (Exhausted) budgets.lease(NOBODY, usd(1), EXPIRY);
        assertThat(exhausted.then()).isEqualTo(OnExhausted.REFUSE);
        assertThat(exhausted.detail()).contains("and 1 queries wait for it already, as many as may");
        first.release();
        assertThat(waiting.get()).isInstanceOf(Granted.class);
    }

    @Test
    void who_is_cancelled_leaves_the_line_and_takes_nothing() throws Exception {
        Budgets budgets = budgets(null, LONG, 10);
        Lease first = lease(budgets, 100);
        CompletableFuture<Grant> outcome = new CompletableFuture<>();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            outcome.complete(budgets.lease(NOBODY, usd(1), EXPIRY));
            interrupted.complete(Thread.currentThread().isInterrupted());
        });
        awaitWaiting(budgets, 1);
        thread.interrupt();
        Exhausted exhausted = (Exhausted) outcome.get();
        assertThat(exhausted.then()).isEqualTo(OnExhausted.REFUSE);
        assertThat(exhausted.detail()).contains("cancelled while it waited");
        assertThat(interrupted.get()).isTrue();
        assertThat(budgets.waiting()).isZero();
        first.release();
        assertThat(lease(budgets, 100).waited()).isZero();
    }

    @Test
    void a_store_that_breaks_while_one_waits_gives_nothing() throws Exception {
        Budgets budgets = budgets(null, LONG, 10);
        lease(budgets, 100);
        CompletableFuture<Grant> waiting = async(() -> budgets.lease(NOBODY, usd(1), EXPIRY));
        awaitWaiting(budgets, 1);
        store.close();
        assertThat(waiting).failsWithin(30, TimeUnit.SECONDS);
        assertThat(budgets.waiting()).isZero();
    }

    @Test
    void other_accounts_do_not_wait_for_this_one() throws Exception {
        BudgetRule rule = new BudgetRule(
                "tenant", Scope.TENANT, Unit.MICRO_USD, 100, null, OnExhausted.QUEUE, LONG, 10);
        Budgets budgets = new Budgets(List.of(rule), store, () -> now);
        Lease first = lease(budgets, 100);
        CompletableFuture<Grant> waiting = async(() -> budgets.lease(NOBODY, usd(1), EXPIRY));
        awaitWaiting(budgets, 1);
        assertThat(budgets.lease(new BudgetKeys("acme", null, "r", null), usd(100), EXPIRY))
                .isInstanceOf(Granted.class);
        first.release();
        assertThat(waiting.get()).isInstanceOf(Granted.class);
    }
}
