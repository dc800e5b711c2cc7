package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The connection breaks at every single call between the wish for a lease and its settlement, before the call and after
 * it. Whatever was told to the caller must be true, nothing may be booked twice, and nothing may stay leased.
 */
class BrokenConnectionTest {

    private static final Duration EXPIRY = Duration.ofMinutes(5);
    private static final BudgetKeys KEYS = new BudgetKeys("acme", "s", "r", null);
    private static final List<BudgetRule> RULES = List.of(
            BudgetRule.of("all", Scope.GLOBAL, Unit.MICRO_USD, 1_000_000, null, OnExhausted.REFUSE),
            BudgetRule.of("tenant", Scope.TENANT, Unit.MICRO_USD, 1_000_000, null, OnExhausted.REFUSE));

    @TempDir
    Path folder;

    private Instant now = Instant.parse("2026-01-02T12:00:00Z");

    @Test
    void sqlite_books_once_wherever_the_connection_breaks() {
        breakEverywhere(
                new BreakingConnections(() -> SqliteBudgetStore.connect(file(), Duration.ofSeconds(5))),
                lines -> SqliteBudgetStore.open(file(), (path, busy) -> lines.open(), Duration.ofSeconds(5)));
    }

    @Test
    void postgresql_books_once_wherever_the_connection_breaks() {
        String url = PostgresServer.newSchema();
        breakEverywhere(
                new BreakingConnections(() -> DriverManager.getConnection(url)),
                lines -> PostgresBudgetStore.open("budgets of the test", lines::open));
    }

    private Path file() {
        return folder.resolve("budgets.db");
    }

    private void breakEverywhere(BreakingConnections lines, Function<BreakingConnections, BudgetStore> open) {
        try (BudgetStore store = open.apply(lines)) {
            Budgets budgets = new Budgets(RULES, store, () -> now);
            long booked = 0;
            int breaks = 0;
            for (int how = 0; how < 6; how++) {
                boolean afterwards = how % 2 == 1;
                boolean broken = true;
                for (int call = 0; broken; call++) {
                    String where = "call " + call + (afterwards ? ", after it" : ", before it") + ", way " + how;
                    lines.breakAt(call, afterwards);
                    booked += switch (how / 2) {
                        case 0 -> settled(budgets, 60);
                        case 1 -> settledLate(budgets, 60);
                        default -> released(budgets);
                    };
                    broken = lines.hasBroken();
                    breaks += broken ? 1 : 0;
                    lines.breakAt(-1, false);
                    now = now.plus(EXPIRY);
                    for (BudgetState state : budgets.states(KEYS)) {
                        assertThat(state.spent()).as(where).isEqualTo(booked);
                        assertThat(state.leased()).as(where).isZero();
                    }
                    assertThat(store.leasesOut(now.toEpochMilli())).as(where).isZero();
                }
            }
            assertThat(breaks).as("lease, settle and release are several calls each").isGreaterThan(30);
        }
    }

    /** What was booked according to what the caller was told. */
    private long settled(Budgets budgets, long cost) {
        Lease lease = lease(budgets);
        return lease == null ? 0 : settle(lease, cost);
    }

    private long settledLate(Budgets budgets, long cost) {
        Lease lease = lease(budgets);
        if (lease == null) {
            return 0;
        }
        lease.release();
        return settle(lease, cost);
    }

    private long released(Budgets budgets) {
        Lease lease = lease(budgets);
        if (lease != null) {
            lease.release();
        }
        return 0;
    }

    private @Nullable Lease lease(Budgets budgets) {
        try {
            return ((Grant.Granted) budgets.lease(KEYS, Amounts.of(Unit.MICRO_USD, 100), EXPIRY)).lease();
        } catch (BudgetStoreException e) {
            return null;
        }
    }

    private static long settle(Lease lease, long cost) {
        try {
            lease.settle(Amounts.of(Unit.MICRO_USD, cost));
        } catch (BudgetStoreException e) {
            // the caller's finally
            lease.release();
        }
        return cost;
    }
}
