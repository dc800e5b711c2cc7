package dev.outrider.router.budget;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;

import dev.outrider.router.budget.BudgetStore.Balance;
import dev.outrider.router.budget.BudgetStore.Ticket;
import dev.outrider.router.budget.InMemoryBudgetStore.Kept;

/**
 * Reads and writes accounts and leases as they stand, in the tables of {@link SqlSchema} in SQLite. Beginning and ending
 * transactions is the caller's.
 */
final class SqlSnapshot {

    private final PreparedStatement accounts;
    private final PreparedStatement leases;
    private final PreparedStatement putAccount;
    private final PreparedStatement removeAccount;
    private final PreparedStatement putLease;
    private final PreparedStatement removeLease;
    private final PreparedStatement written;
    private final PreparedStatement write;

    SqlSnapshot(Connection connection) throws SQLException {
        this.accounts = connection.prepareStatement(
                "SELECT account, window_no, spent, leased, total, forget_at FROM outrider_budget_account");
        this.leases = connection.prepareStatement("SELECT id, expires, legs FROM outrider_budget_lease WHERE state = 0");
        this.putAccount = connection.prepareStatement(
                """
                INSERT INTO outrider_budget_account (account, window_no, spent, leased, total, forget_at)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (account) DO UPDATE SET window_no = excluded.window_no, spent = excluded.spent,
                  leased = excluded.leased, total = excluded.total, forget_at = excluded.forget_at
                """);
        this.removeAccount = connection.prepareStatement("DELETE FROM outrider_budget_account WHERE account = ?");
        this.putLease = connection.prepareStatement(
                "INSERT INTO outrider_budget_lease (id, state, expires, legs) VALUES (?, 0, ?, ?)");
        this.removeLease = connection.prepareStatement("DELETE FROM outrider_budget_lease WHERE id = ?");
        this.written = connection.prepareStatement("SELECT value FROM outrider_budget_meta WHERE name = 'ops'");
        this.write = connection.prepareStatement(
                """
                INSERT INTO outrider_budget_meta (name, value) VALUES ('ops', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """);
    }

    /** Generation of the last journal whose operations the tables contain; 0 when there was none. */
    long written() throws SQLException {
        try (ResultSet row = written.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    void readAccounts(Consumer<Kept> each) throws SQLException {
        try (ResultSet row = accounts.executeQuery()) {
            while (row.next()) {
                Balance balance = new Balance(row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5));
                each.accept(new Kept(row.getString(1), balance, row.getLong(6)));
            }
        }
    }

    /** The leases that are out. */
    void readLeases(Consumer<Ticket> each) throws SQLException {
        try (ResultSet row = leases.executeQuery()) {
            while (row.next()) {
                each.accept(new Ticket(row.getLong(1), SqlLegs.read(row.getString(3)), row.getLong(2)));
            }
        }
    }

    void put(Kept account) throws SQLException {
        Balance balance = account.balance();
        putAccount.setString(1, account.name());
        putAccount.setLong(2, balance.window());
        putAccount.setLong(3, balance.spent());
        putAccount.setLong(4, balance.leased());
        putAccount.setLong(5, balance.total());
        putAccount.setLong(6, account.forgetAt());
        putAccount.executeUpdate();
    }

    void removeAccount(String name) throws SQLException {
        removeAccount.setString(1, name);
        removeAccount.executeUpdate();
    }

    void leases(List<Ticket> taken, List<Long> ended) throws SQLException {
        for (Ticket ticket : taken) {
            putLease.setLong(1, ticket.id());
            putLease.setLong(2, ticket.expires());
            putLease.setString(3, SqlLegs.write(ticket.legs()));
            putLease.executeUpdate();
        }
        for (long id : ended) {
            removeLease.setLong(1, id);
            removeLease.executeUpdate();
        }
    }

    /** From now on the tables contain the operations of all journals up to this generation. */
    void written(long generation) throws SQLException {
        write.setLong(1, generation);
        write.executeUpdate();
    }
}
