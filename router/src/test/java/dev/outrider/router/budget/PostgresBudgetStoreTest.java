package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

import dev.outrider.router.budget.BudgetStoreException.Kind;

class PostgresBudgetStoreTest extends BudgetStoreContract {

    private final String url = PostgresServer.newSchema();

    @Override
    BudgetStore open() {
        return PostgresBudgetStore.open(url);
    }

    @Override
    int operations() {
        return 150;
    }

    private static final BudgetRule RULE =
            BudgetRule.of("money", Scope.GLOBAL, Unit.MICRO_USD, 1000, null, OnExhausted.REFUSE);

    private Lease lease(long microUsd) {
        Grant grant = new Budgets(List.of(RULE), store, clock)
                .lease(NOBODY, Amounts.of(Unit.MICRO_USD, microUsd), EXPIRY);
        return ((Grant.Granted) grant).lease();
    }

    private BudgetState state() {
        return new Budgets(List.of(RULE), store, clock).states(NOBODY).getFirst();
    }

    private void sql(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String one : statements) {
                statement.execute(one);
            }
        }
    }

    private static final String END_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE application_name = 'outrider budgets'";

    @Test
    void a_connection_that_the_server_ended_is_replaced() throws SQLException {
        Lease lease = lease(400);
        sql(END_OTHERS);
        lease.settle(Amounts.of(Unit.MICRO_USD, 150));
        sql(END_OTHERS);
        assertThat(state().spent()).isEqualTo(150);
        assertThat(state().leased()).isZero();
    }

    @Test
    void a_virtual_thread_that_was_interrupted_can_settle() throws InterruptedException {
        Lease lease = lease(400);
        Thread thread = Thread.ofVirtual().unstarted(() -> {
            Thread.currentThread().interrupt();
            lease.settle(Amounts.of(Unit.MICRO_USD, 150));
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
        thread.start();
        thread.join();
        assertThat(state().spent()).isEqualTo(150);
    }

    @Test
    void a_server_that_is_not_there_gives_nothing() {
        assertThatThrownBy(() -> PostgresBudgetStore.open(
                        "jdbc:postgresql://127.0.0.1:1/nothing?user=me&password=secret"))
                .isInstanceOfSatisfying(
                        BudgetStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE))
                .hasMessageStartingWith("jdbc:postgresql://127.0.0.1:1/nothing: the server cannot be reached (")
                .hasMessageContaining("check that it is there and may be used")
                .message()
                .doesNotContain("secret")
                .doesNotContain("\n");
    }

    @Test
    void tables_of_a_newer_version_and_foreign_ones_are_left_alone() throws SQLException {
        store.close();
        sql("UPDATE outrider_budget_meta SET value = 2 WHERE name = 'version'");
        assertUnusable(Kind.NEWER, "of version 2 and this Outrider knows versions up to 1");
        sql("UPDATE outrider_budget_meta SET value = 1 WHERE name = 'version'",
                "ALTER TABLE outrider_budget_account RENAME COLUMN spent TO gone");
        assertUnusable(Kind.FOREIGN, "are not those of Outrider's budgets");
    }

    @Test
    void a_row_that_somebody_else_keeps_locked_gives_nothing() throws SQLException {
        lease(10).settle(Amounts.of(Unit.MICRO_USD, 10));
        store.close();
        store = PostgresBudgetStore.open("budgets of the test", () -> DriverManager.getConnection(url),
                Duration.ofMillis(50));
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT * FROM outrider_budget_account FOR UPDATE");
            assertThatThrownBy(() -> lease(10))
                    .isInstanceOfSatisfying(
                            BudgetStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED))
                    .hasMessageStartingWith("budgets of the test: somebody else has kept it locked (")
                    .hasMessageContaining("end the process that holds it");
            connection.rollback();
        }
        assertThat(lease(10).settle(Amounts.of(Unit.MICRO_USD, 10)).late()).isFalse();
        assertThat(state().spent()).isEqualTo(20);
    }

    private void assertUnusable(Kind kind, String what) {
        assertThatThrownBy(() -> PostgresBudgetStore.open(url))
                .isInstanceOfSatisfying(
                        BudgetStoreException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageStartingWith("jdbc:postgresql://localhost:")
                .hasMessageContaining(what)
                .message()
                .doesNotContain("\n");
    }
}
