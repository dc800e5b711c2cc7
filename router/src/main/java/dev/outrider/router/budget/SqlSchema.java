package dev.outrider.router.budget;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import dev.outrider.router.budget.BudgetStoreException.Kind;

/** The tables of budgets in a database: makes them, and makes sure that they are what this version expects. */
final class SqlSchema {

    /** Version of the tables. */
    static final int VERSION = 1;

    private SqlSchema() {}

    /**
     * Makes the tables where there are none and checks them where there are. Runs in a transaction that no other
     * process can be in at the same time.
     *
     * @return a number that no other opener of this database got
     * @throws BudgetStoreException when the tables are of another version
     * @throws SQLException when a table or a column is missing, or the database fails
     */
    static long open(Connection connection, SqlDialect dialect, String store) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (number(statement, dialect.existsMeta()) == 0) {
                create(statement, dialect);
            }
            long version = number(statement, "SELECT value FROM outrider_budget_meta WHERE name = 'version'");
            if (version > VERSION) {
                throw new BudgetStoreException(
                        Kind.NEWER,
                        store,
                        "its tables are of version " + version + " and this Outrider knows versions up to " + VERSION,
                        null);
            }
            if (version < 1) {
                throw new BudgetStoreException(Kind.FOREIGN, store, "its tables say no version", null);
            }
            number(
                    statement,
                    "SELECT count(window_no + spent + leased + total + forget_at) FROM outrider_budget_account"
                            + " WHERE account = ''");
            number(
                    statement,
                    "SELECT count(state + expires) FROM outrider_budget_lease WHERE id = 0 AND legs = ''");
            number(statement, "SELECT count(expires) FROM outrider_budget_mark WHERE id = 0");
            return number(
                    statement,
                    "UPDATE outrider_budget_meta SET value = value + 1 WHERE name = 'openers' RETURNING value");
        }
    }

    private static void create(Statement statement, SqlDialect dialect) throws SQLException {
        String number = " " + dialect.integer() + " NOT NULL";
        statement.executeUpdate("CREATE TABLE outrider_budget_meta (name TEXT PRIMARY KEY, value" + number + ")"
                + dialect.tableSuffix());
        statement.executeUpdate("CREATE TABLE outrider_budget_account (account TEXT PRIMARY KEY, window_no" + number
                + ", spent" + number + ", leased" + number + " CHECK (leased >= 0), total" + number + ", forget_at"
                + number + ")" + dialect.accountSuffix());
        statement.executeUpdate("CREATE TABLE outrider_budget_lease (id " + dialect.integer() + " PRIMARY KEY, state"
                + number + ", expires" + number + ", legs TEXT NOT NULL)" + dialect.tableSuffix());
        statement.executeUpdate("CREATE TABLE outrider_budget_mark (id " + dialect.integer() + " PRIMARY KEY, expires"
                + number + ")" + dialect.tableSuffix());
        for (String extra : dialect.extras()) {
            statement.executeUpdate(extra);
        }
        statement.executeUpdate("INSERT INTO outrider_budget_meta (name, value) VALUES ('version', " + VERSION
                + "), ('openers', 0)");
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getLong(1) : 0;
        }
    }
}
