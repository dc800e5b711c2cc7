package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.router.budget.BudgetStoreException.Kind;

class SqliteBudgetStoreTest extends BudgetStoreContract {

    @TempDir
    Path folder;

    @Override
    BudgetStore open() {
        return SqliteBudgetStore.open(folder.resolve("made/on/the/way/budgets.db"));
    }

    @Override
    int operations() {
        return 400;
    }

    private Path file() {
        return ((SqliteBudgetStore) store).file();
    }

    private static final BudgetRule RULE =
            BudgetRule.of("money", Scope.GLOBAL, Unit.MICRO_USD, 1000, null, OnExhausted.REFUSE);

    private Lease lease(BudgetStore from, long microUsd) {
        Grant grant = new Budgets(List.of(RULE), from, clock)
                .lease(NOBODY, Amounts.of(Unit.MICRO_USD, microUsd), EXPIRY);
        return ((Grant.Granted) grant).lease();
    }

    private BudgetState state(BudgetStore of) {
        return new Budgets(List.of(RULE), of, clock).states(NOBODY).getFirst();
    }

    @Test
    void what_was_spent_is_there_after_closing_and_opening() {
        lease(store, 400).settle(Amounts.of(Unit.MICRO_USD, 123));
        lease(store, 300);
        store.close();
        try (BudgetStore again = SqliteBudgetStore.open(file())) {
            assertThat(state(again).spent()).isEqualTo(123);
            assertThat(state(again).leased()).isEqualTo(300);
            assertThat(again.leasesOut(clock.millis())).isEqualTo(1);
            assertThat(again.leasesOut(clock.millis() + EXPIRY.toMillis())).isZero();
            assertThat(state(again).leased()).isZero();
        }
    }

    @Test
    void two_stores_on_one_file_share_its_money() {
        try (BudgetStore other = SqliteBudgetStore.open(file())) {
            Lease mine = lease(store, 600);
            assertThat(new Budgets(List.of(RULE), other, clock)
                            .lease(NOBODY, Amounts.of(Unit.MICRO_USD, 401), EXPIRY))
                    .isInstanceOf(Grant.Exhausted.class);
            lease(other, 400).settle(Amounts.of(Unit.MICRO_USD, 400));
            mine.settle(Amounts.of(Unit.MICRO_USD, 600));
            assertThat(state(other).spent()).isEqualTo(1000);
        }
    }

    @Test
    void many_that_open_a_new_file_at_once_all_get_in() throws Exception {
        Path file = folder.resolve("new.db");
        CountDownLatch go = new CountDownLatch(1);
        List<Future<?>> opening = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(6)) {
            for (int i = 0; i < 6; i++) {
                opening.add(pool.submit(() -> {
                    go.await();
                    try (BudgetStore one = SqliteBudgetStore.open(file)) {
                        lease(one, 100).settle(Amounts.of(Unit.MICRO_USD, 100));
                    }
                    return null;
                }));
            }
            go.countDown();
            for (Future<?> one : opening) {
                one.get();
            }
        }
        try (BudgetStore last = SqliteBudgetStore.open(file)) {
            assertThat(state(last).spent()).isEqualTo(600);
        }
    }

    @Test
    void an_interrupted_thread_can_settle() {
        Lease lease = lease(store, 100);
        Thread.currentThread().interrupt();
        try {
            lease.settle(Amounts.of(Unit.MICRO_USD, 60));
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(state(store).spent()).isEqualTo(60);
    }

    @Test
    void a_file_that_is_no_database_is_named_and_left_alone() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "shopping: eggs\n".repeat(100));
        assertUnusable(text, Kind.FOREIGN, "no file of Outrider's budgets", "choose another place");
        assertThat(text).hasContent("shopping: eggs\n".repeat(100));
    }

    @Test
    void the_database_of_another_program_is_left_alone() throws Exception {
        Path shop = folder.resolve("shop.db");
        sql(shop, "CREATE TABLE customer (id INTEGER)");
        assertUnusable(shop, Kind.FOREIGN, "belongs to another program", "choose another place");
    }

    @Test
    void tables_of_the_same_names_with_other_columns_are_noticed() throws Exception {
        Path odd = folder.resolve("odd.db");
        sql(odd, "CREATE TABLE outrider_budget_meta (name TEXT, value INTEGER)",
                "INSERT INTO outrider_budget_meta VALUES ('version', 1)",
                "CREATE TABLE outrider_budget_account (account TEXT, dollars REAL)");
        assertUnusable(odd, Kind.FOREIGN, "no file of Outrider's budgets", "choose another place");
        sql(odd, "DELETE FROM outrider_budget_meta");
        assertUnusable(odd, Kind.FOREIGN, "say no version", "choose another place");
    }

    @Test
    void tables_of_a_newer_version_are_left_alone() throws Exception {
        store.close();
        sql(file(), "UPDATE outrider_budget_meta SET value = 2 WHERE name = 'version'");
        assertUnusable(file(), Kind.NEWER, "of version 2 and this Outrider knows versions up to 1", "update Outrider");
    }

    @Test
    void a_damaged_file_is_noticed_before_anything_is_spent() throws Exception {
        store.close();
        byte[] bytes = Files.readAllBytes(file());
        for (int i = 4096; i < bytes.length; i += 7) {
            bytes[i] ^= 0x55;
        }
        Files.write(file(), bytes);
        assertUnusable(file(), Kind.DAMAGED, "damaged", "restore a backup, or move it away");
    }

    @Test
    void a_folder_in_the_place_of_the_file_is_named() throws IOException {
        Path taken = Files.createDirectory(folder.resolve("taken"));
        assertUnusable(taken, Kind.UNREACHABLE, "cannot be read and written", "check that it is there");
        Path below = Files.writeString(folder.resolve("file"), "").resolve("budgets.db");
        assertUnusable(below, Kind.UNREACHABLE, "its folder cannot be made", "check that it is there");
    }

    @Test
    void a_file_that_another_process_keeps_locked_gives_nothing() throws Exception {
        BudgetStore impatient = SqliteBudgetStore.open(file(), SqliteBudgetStore::connect, Duration.ofMillis(20));
        try (impatient;
                Connection other = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = other.createStatement()) {
            Lease lease = lease(impatient, 100);
            statement.execute("BEGIN IMMEDIATE");
            assertThatThrownBy(() -> lease(impatient, 100))
                    .isInstanceOfSatisfying(
                            BudgetStoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED))
                    .hasMessageContaining("kept it locked for 20 ms; end the process that holds it");
            assertThatThrownBy(() -> lease.settle(Amounts.of(Unit.MICRO_USD, 70)))
                    .isInstanceOf(BudgetStoreException.class);
            statement.execute("ROLLBACK");
            lease.release();
            assertThat(state(impatient).spent()).as("a release after a failed bill books the bill").isEqualTo(70);
            assertThat(state(impatient).leased()).isZero();
        }
    }

    @Test
    void sums_that_do_not_fit_are_refused_and_change_nothing() throws Exception {
        store.close();
        try (BudgetStore again = SqliteBudgetStore.open(file())) {
            lease(again, 10).settle(Amounts.of(Unit.MICRO_USD, 10));
            sql(file(), "UPDATE outrider_budget_account SET total = " + (Long.MAX_VALUE - 5));
            Lease lease = lease(again, 10);
            assertThatThrownBy(() -> lease.settle(Amounts.of(Unit.MICRO_USD, 10)))
                    .isInstanceOf(BudgetStoreException.class);
            assertThat(state(again).spent()).isEqualTo(10);
            assertThat(state(again).leased()).isEqualTo(10);
        }
    }

    private static void assertUnusable(Path file, Kind kind, String what, String advice) {
        assertThatThrownBy(() -> SqliteBudgetStore.open(file, SqliteBudgetStore::connect, Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        BudgetStoreException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(what)
                .hasMessageContaining(advice)
                .message()
                .doesNotContain("\n");
    }

    private static void sql(Path file, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            for (String one : statements) {
                statement.executeUpdate(one);
            }
        }
    }
}
