package dev.outrider.router.budget;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.budget.BudgetStoreException.Kind;
import dev.outrider.router.internal.OneLine;

/**
 * Accounts in a PostgreSQL database, shared by the processes of many machines. Every operation is one transaction that
 * locks the rows of its accounts, in the order of their names. One connection per store; a broken one is replaced, and
 * the operation that met it is tried once more, which never books twice. The tables are made in the first schema of the
 * connection's search path.
 *
 * <p>What a power cut may lose is up to the server's {@code synchronous_commit}. The clocks of all machines decide
 * about windows and expiry: an account follows the clock that is ahead.
 */
public final class PostgresBudgetStore implements BudgetStore {

    /** Longest wait for rows that somebody else has locked, and for a statement. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Tries of a transaction that the server ended in favour of another one. */
    private static final int TRIES = 5;

    /** Key of the lock that lets one process at a time make the tables: "outrider" in ASCII. */
    private static final long SCHEMA_LOCK = 0x6f75747269646572L;

    private final String name;
    private final Connector connector;
    private final Duration patience;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong lastId;
    private final Upkeep upkeep = new Upkeep();

    /** Null when it broke; the next operation opens another. */
    private @Nullable Session session;

    private boolean closed;

    /** Opens connections of its own for the store, which closes them. A method of a DataSource fits. */
    @FunctionalInterface
    public interface Connector {
        /** A new connection. */
        Connection connect() throws SQLException;
    }

    private record Session(Connection connection, SqlAccounts accounts, long opener) {}

    private PostgresBudgetStore(String name, Connector connector, Duration patience) {
        this.name = name;
        this.connector = connector;
        this.patience = patience;
        try {
            Session first = connect();
            this.session = first;
            this.lastId = new AtomicLong(first.opener() << 40);
        } catch (SQLException e) {
            throw translated(e);
        }
    }

    /**
     * Connects to a database and makes the tables where there are none.
     *
     * @param url JDBC URL, like {@code jdbc:postgresql://host/database?user=me&password=secret}
     * @throws BudgetStoreException when it cannot be used
     */
    public static PostgresBudgetStore open(String url) {
        return open(url, new Properties());
    }

    /**
     * Connects as a user.
     *
     * @param url JDBC URL, like {@code jdbc:postgresql://host/database}
     * @throws BudgetStoreException when it cannot be used
     */
    public static PostgresBudgetStore open(String url, String user, String password) {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        return open(url, properties);
    }

    private static PostgresBudgetStore open(String url, Properties properties) {
        properties.setProperty("ApplicationName", "outrider budgets");
        properties.setProperty("connectTimeout", String.valueOf(PATIENCE.toSeconds()));
        properties.setProperty("socketTimeout", String.valueOf(PATIENCE.multipliedBy(3).toSeconds()));
        // what follows the question mark may be a password
        return open(url.split("\\?", 2)[0], () -> DriverManager.getConnection(url, properties));
    }

    /**
     * Uses connections that the caller knows how to open.
     *
     * @param name name of the store in messages
     * @throws BudgetStoreException when it cannot be used
     */
    public static PostgresBudgetStore open(String name, Connector connector) {
        return open(name, connector, PATIENCE);
    }

    static PostgresBudgetStore open(String name, Connector connector, Duration patience) {
        return new PostgresBudgetStore(name, connector, patience);
    }

    @Override
    public Take take(List<Demand> demands, long now, long expires) {
        if (upkeep.isDue(now)) {
            run((accounts, unsure) -> {
                accounts.purge(now);
                return true;
            });
        }
        Take take = takeOnce(demands, expires);
        return take instanceof NotCovered && run((accounts, unsure) -> accounts.expire(now)) > 0
                ? takeOnce(demands, expires)
                : take;
    }

    private Take takeOnce(List<Demand> demands, long expires) {
        // another id for every try: when the first one took all the same, that lease returns at its expiry
        return run((accounts, unsure) -> accounts.take(lastId.incrementAndGet(), demands, expires));
    }

    @Override
    public Finish finish(Ticket ticket, long[] charges, Attempt attempt, long now) {
        return run((accounts, unsure) ->
                accounts.finish(ticket, charges, unsure && attempt == Attempt.FIRST ? Attempt.AGAIN : attempt));
    }

    @Override
    public Balance balance(String account, long window, long now) {
        run((accounts, unsure) -> accounts.expire(now));
        return run((accounts, unsure) -> accounts.balance(account, window));
    }

    @Override
    public int leasesOut(long now) {
        run((accounts, unsure) -> accounts.expire(now));
        return run((accounts, unsure) -> accounts.leasesOut());
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            discard();
        } finally {
            lock.unlock();
        }
    }

    private interface Work<T> {

        /** @param unsure whether an earlier try broke off, so that nobody knows if it was carried out */
        T on(SqlAccounts accounts, boolean unsure) throws SQLException;
    }

    private <T> T run(Work<T> work) {
        boolean interrupted = false;
        lock.lock();
        try {
            boolean unsure = false;
            for (int tries = 1; ; tries++) {
                // an interrupt would close the socket under a virtual thread, just when a cancelled query gives back
                interrupted |= Thread.interrupted();
                try {
                    return transaction(work, unsure);
                } catch (SQLException e) {
                    boolean broken = kindOf(e) == Kind.UNREACHABLE;
                    boolean again = broken ? !unsure : isConflict(e) && tries < TRIES;
                    if (!again) {
                        throw translated(e);
                    }
                    unsure |= broken;
                }
            }
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private <T> T transaction(Work<T> work, boolean unsure) throws SQLException {
        if (closed) {
            throw new BudgetStoreException(Kind.CLOSED, name, "the store is closed", null);
        }
        Session on = session;
        if (on == null) {
            on = connect();
            session = on;
        }
        boolean committed = false;
        try {
            T result = work.on(on.accounts(), unsure);
            on.connection().commit();
            committed = true;
            return result;
        } finally {
            if (!committed) {
                rollback(on);
            }
        }
    }

    private void rollback(Session on) {
        try {
            on.connection().rollback();
            if (on.connection().isClosed()) {
                session = null;
            }
        } catch (SQLException e) {
            discard();
        }
    }

    private void discard() {
        Session last = session;
        session = null;
        if (last != null) {
            close(last.connection());
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // nothing can be done about it, and the server ends what was open
        }
    }

    private Session connect() throws SQLException {
        Connection connection = connector.connect();
        boolean ready = false;
        try (Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SET lock_timeout = " + patience.toMillis());
            statement.execute("SET statement_timeout = " + patience.toMillis());
            // every statement sees what others committed before it, after waiting for a row as well
            statement.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED");
            connection.commit();
            statement.execute("SELECT pg_advisory_xact_lock(" + SCHEMA_LOCK + ")");
            long opener = SqlSchema.open(connection, SqlDialect.POSTGRES, name);
            connection.commit();
            ready = true;
            return new Session(connection, new SqlAccounts(connection, SqlDialect.POSTGRES), opener);
        } finally {
            if (!ready) {
                close(connection);
            }
        }
    }

    private BudgetStoreException translated(SQLException e) {
        Kind kind = kindOf(e);
        String what = switch (kind) {
            case UNREACHABLE -> "the server cannot be reached (" + OneLine.of(e) + ")";
            case LOCKED -> "somebody else has kept it locked (" + OneLine.of(e) + ")";
            case FOREIGN -> "its tables named outrider_budget_… are not those of Outrider's budgets (" + OneLine.of(e)
                    + ")";
            case DAMAGED -> "the data are damaged (" + OneLine.of(e) + ")";
            case FULL -> "the server has no space left (" + OneLine.of(e) + ")";
            default -> "PostgreSQL says: " + OneLine.of(e);
        };
        return new BudgetStoreException(kind, name, what, e);
    }

    /** A deadlock, or a transaction that could not be put in order with others: another try may succeed. */
    private static boolean isConflict(SQLException e) {
        return "40P01".equals(e.getSQLState()) || "40001".equals(e.getSQLState());
    }

    /** By the first characters of the SQLSTATE, see PostgreSQL's appendix A. */
    private static Kind kindOf(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (e instanceof SQLDataException || state.startsWith("XX001") || state.startsWith("XX002")) {
            return Kind.DAMAGED;
        }
        if (state.startsWith("53100")) {
            return Kind.FULL;
        }
        if (state.startsWith("40") || state.startsWith("55P03") || state.startsWith("57014")) {
            return Kind.LOCKED;
        }
        if (state.startsWith("08") || state.startsWith("57P") || state.startsWith("53") || state.startsWith("28")
                || state.startsWith("3D")) {
            return Kind.UNREACHABLE;
        }
        return state.startsWith("42") ? Kind.FOREIGN : Kind.FAILED;
    }
}
