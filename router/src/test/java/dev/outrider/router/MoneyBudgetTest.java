package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MoneyBudgetTest {

    private static final Duration EXPIRY = Duration.ofMinutes(5);

    private Instant now = Instant.parse("2026-01-02T12:00:00Z");
    private final InstantSource clock = () -> now;

    private MoneyBudget budget(long limit) {
        return new MoneyBudget(limit, null, EXPIRY, clock);
    }

    @Test
    void a_lease_sets_money_aside_and_settling_books_what_was_spent() {
        MoneyBudget budget = budget(1000);
        MoneyBudget.Lease lease = budget.tryAcquire(400).orElseThrow();
        assertThat(budget.snapshot()).isEqualTo(new MoneyBudget.Snapshot(1000, 0, 400, 1));
        assertThat(lease.settle(150)).isEqualTo(new MoneyBudget.Settlement(150, 0));
        assertThat(budget.snapshot()).isEqualTo(new MoneyBudget.Snapshot(1000, 150, 0, 0));
    }

    @Test
    void more_than_is_left_is_not_given_and_exactly_what_is_left_is() {
        MoneyBudget budget = budget(1000);
        budget.tryAcquire(600).orElseThrow().settle(600);
        assertThat(budget.tryAcquire(401)).isEmpty();
        assertThat(budget.tryAcquire(400)).isPresent();
        assertThat(budget.tryAcquire(1)).isEmpty();
        assertThat(budget.tryAcquire(Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void releasing_gives_all_back_and_may_be_done_twice() {
        MoneyBudget budget = budget(1000);
        MoneyBudget.Lease lease = budget.tryAcquire(1000).orElseThrow();
        lease.release();
        lease.release();
        assertThat(budget.snapshot().availableMicroUsd()).isEqualTo(1000);
    }

    @Test
    void a_second_settlement_is_refused_and_books_nothing() {
        MoneyBudget budget = budget(1000);
        MoneyBudget.Lease lease = budget.tryAcquire(400).orElseThrow();
        lease.settle(100);
        assertThatThrownBy(() -> lease.settle(100)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("already");
        MoneyBudget.Lease released = budget.tryAcquire(400).orElseThrow();
        released.release();
        assertThatThrownBy(() -> released.settle(1)).isInstanceOf(IllegalStateException.class);
        assertThat(budget.snapshot().spentMicroUsd()).isEqualTo(100);
    }

    @Test
    void what_costs_more_than_its_lease_is_booked_in_full_and_told() {
        MoneyBudget budget = budget(1000);
        MoneyBudget.Settlement settlement = budget.tryAcquire(1000).orElseThrow().settle(1300);
        assertThat(settlement).isEqualTo(new MoneyBudget.Settlement(1300, 300));
        assertThat(budget.snapshot().spentMicroUsd()).isEqualTo(1300);
        assertThat(budget.snapshot().availableMicroUsd()).isZero();
        assertThat(budget.tryAcquire(0)).isEmpty();
    }

    @Test
    void a_forgotten_lease_returns_when_it_expires_and_a_late_bill_is_booked_in_full() {
        MoneyBudget budget = budget(1000);
        MoneyBudget.Lease forgotten = budget.tryAcquire(1000).orElseThrow();
        now = now.plus(EXPIRY).minusMillis(1);
        assertThat(budget.tryAcquire(1)).isEmpty();
        now = now.plusMillis(1);
        MoneyBudget.Lease next = budget.tryAcquire(900).orElseThrow();
        assertThat(forgotten.settle(200)).isEqualTo(new MoneyBudget.Settlement(200, 200));
        assertThat(budget.snapshot()).isEqualTo(new MoneyBudget.Snapshot(1000, 200, 900, 1));
        next.release();
        assertThatThrownBy(() -> forgotten.settle(200)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_new_window_starts_at_nothing_spent_and_keeps_the_leases_that_are_out() {
        MoneyBudget budget = new MoneyBudget(1000, Duration.ofDays(1), Duration.ofHours(24), clock);
        budget.tryAcquire(700).orElseThrow().settle(700);
        MoneyBudget.Lease over = budget.tryAcquire(300).orElseThrow();
        now = Instant.parse("2026-01-03T00:00:00Z");
        assertThat(budget.snapshot()).isEqualTo(new MoneyBudget.Snapshot(1000, 0, 300, 1));
        over.settle(250);
        assertThat(budget.snapshot()).isEqualTo(new MoneyBudget.Snapshot(1000, 250, 0, 0));
    }

    @Test
    void a_clock_that_goes_back_gives_no_money_back() {
        MoneyBudget budget = new MoneyBudget(1000, Duration.ofDays(1), EXPIRY, clock);
        budget.tryAcquire(1000).orElseThrow().settle(1000);
        now = now.minus(Duration.ofDays(3));
        assertThat(budget.tryAcquire(1)).isEmpty();
    }

    @Test
    void impossible_amounts_are_refused() {
        assertThatThrownBy(() -> budget(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> budget(1).tryAcquire(-1)).isInstanceOf(IllegalArgumentException.class);
        MoneyBudget.Lease lease = budget(1).tryAcquire(1).orElseThrow();
        assertThatThrownBy(() -> lease.settle(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void many_threads_never_pass_the_limit_and_leave_nothing_behind() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("MoneyBudgetTest seed " + seed);
        long limit = 2_000_000;
        MoneyBudget budget = budget(limit);
        AtomicLong settled = new AtomicLong();
        AtomicLong worstSeen = new AtomicLong();
        CountDownLatch go = new CountDownLatch(1);
        int threads = 16;
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int t = 0; t < threads; t++) {
                Random random = new Random(seed + t);
                running.add(pool.submit(() -> {
                    go.await();
                    for (int i = 0; i < 5_000; i++) {
                        Optional<MoneyBudget.Lease> lease = budget.tryAcquire(random.nextInt(500));
                        MoneyBudget.Snapshot now = budget.snapshot();
                        worstSeen.accumulateAndGet(now.spentMicroUsd() + now.leasedMicroUsd(), Math::max);
                        if (lease.isPresent()) {
                            if (random.nextInt(4) == 0) {
                                lease.get().release();
                            } else {
                                long actual = random.nextLong(lease.get().microUsd() + 1);
                                settled.addAndGet(lease.get().settle(actual).chargedMicroUsd());
                            }
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
        assertThat(worstSeen.get()).isLessThanOrEqualTo(limit);
        assertThat(budget.snapshot()).isEqualTo(new MoneyBudget.Snapshot(limit, settled.get(), 0, 0));
        assertThat(settled.get()).as("the test must reach the limit to mean anything").isGreaterThan(limit * 9 / 10);
    }
}
