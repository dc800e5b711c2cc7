package dev.outrider.router.budget;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

import dev.outrider.router.budget.BudgetStoreException.Kind;

/** One connection to a SQLite file of budgets, with everything prepared. Used by one thread at a time. */
final class SqliteSession implements AutoCloseable {

    private final Connection connection;
    private final long opener;
    private final SqlAccounts accounts;
    private final PreparedStatement begin;
    private final PreparedStatement commit;
    private final PreparedStatement rollback;

    /**
     * Makes a connection ready; closes it when that fails.
     *
     * @param store name of the store in messages
     * @param patience how long to wait for other processes
     */
    SqliteSession(Connection connection, String store, Duration patience) throws SQLException {
        this.connection = connection;
        boolean ready = false;
        try {
            refuseForeign(store);
            useWriteAheadLog(patience);
            // takes the write lock at once, so that two processes never wait for each other
            this.begin = connection.prepareStatement("BEGIN IMMEDIATE");
            this.commit = connection.prepareStatement("COMMIT");
            this.rollback = connection.prepareStatement("ROLLBACK");
            begin();
            this.opener = SqlSchema.open(connection, SqlDialect.SQLITE, store);
            commit();
            this.accounts = new SqlAccounts(connection, SqlDialect.SQLITE);
            ready = true;
        } finally {
            if (!ready) {
                close();
            }
        }
    }

    /** A file of somebody else's is not written to; a damaged one is noticed before anything is spent. */
    private void refuseForeign(String store) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
                String verdict = row.next() ? row.getString(1) : "no answer";
                if (!"ok".equals(verdict)) {
                    throw new BudgetStoreException(
                            Kind.DAMAGED, store, "the file is damaged (" + verdict.replaceAll("\\s+", " ") + ")", null);
                }
            }
            try (ResultSet row = statement.executeQuery(
                    "SELECT count(*), count(CASE WHEN name LIKE 'outrider%' THEN 1 END) FROM sqlite_master")) {
                if (row.next() && row.getInt(1) > 0 && row.getInt(2) == 0) {
                    throw new BudgetStoreException(
                            Kind.FOREIGN, store, "this SQLite file belongs to another program", null);
                }
            }
        }
    }

    /** SQLite refuses the change at once, without waiting, while others are at work. */
    private void useWriteAheadLog(Duration patience) throws SQLException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA journal_mode = WAL");
                return;
            } catch (SQLiteException e) {
                boolean busy = (e.getResultCode().code & 0xff) == SQLiteErrorCode.SQLITE_BUSY.code;
                if (!busy || System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }

    /** A number that no other session of this file got. */
    long opener() {
        return opener;
    }

    SqlAccounts accounts() {
        return accounts;
    }

    /** The same tables as they stand. */
    SqlSnapshot snapshot() throws SQLException {
        return new SqlSnapshot(connection);
    }

    void begin() throws SQLException {
        begin.execute();
    }

    void commit() throws SQLException {
        commit.execute();
    }

    /** Whether no transaction is open any more. SQLite has rolled back by itself after some faults. */
    boolean rollback() {
        try {
            rollback.execute();
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // nothing can be done about it, and every transaction has ended one way or the other
        }
    }
}
