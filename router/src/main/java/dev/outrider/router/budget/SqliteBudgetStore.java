package dev.outrider.router.budget;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

import dev.outrider.router.budget.BudgetStoreException.Kind;
import dev.outrider.router.internal.OneLine;

/**
 * Accounts in one SQLite file, for one process or a few on one machine. Every operation is one transaction in the
 * write-ahead log; those that wait for the connection at the same time share one. A process that has the file to itself
 * is served several times as fast by {@link JournaledBudgetStore}.
 *
 * <p>A killed process ({@code kill -9}) loses nothing: what an operation reported is in the log, which the operating
 * system writes out, and what was not reported is there whole or not at all. Its leases return at their expiry. The log
 * is forced to the disk only now and then ({@code synchronous = NORMAL}): a power cut or a crash of the operating
 * system may lose the newest transactions, some seconds of spending, but damages nothing.
 */
public final class SqliteBudgetStore implements BudgetStore {

    private static final Duration BUSY = Duration.ofSeconds(5);

    /**
     * Bytes of a page of a new file. A transaction writes the whole page of every account that it changes, and accounts are
     * small.
     */
    private static final int PAGE_BYTES = 1024;

    /**
     * Pages in the write-ahead log after which it is copied into the accounts, while an operation waits: 16 MB, so that it
     * is one in thousands that does.
     */
    private static final String CHECKPOINT_PAGES = "16000";

    /** Most operations that share a transaction: other processes want to get in as well. */
    private static final int GROUP = 64;

    private final Path file;
    private final Connector connector;
    private final Duration busy;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Operation<?>> waiting = new ConcurrentLinkedQueue<>();
    private final FileOwner owner;
    private final AtomicLong lastId;
    private final Upkeep upkeep = new Upkeep();

    /** Null when it broke; the next operation opens another. */
    private @Nullable SqliteSession session;

    private volatile boolean closed;

    /** Opens connections; tests let them break. */
    interface Connector {
        Connection connect(Path file, Duration busy) throws SQLException;
    }

    private SqliteBudgetStore(Path file, Connector connector, Duration busy) {
        this.file = file;
        this.connector = connector;
        this.busy = busy;
        SqliteSession first = open(true);
        try {
            this.owner = FileOwner.together(file, busy);
        } catch (BudgetStoreException e) {
            first.close();
            throw e;
        }
        this.session = first;
        this.lastId = new AtomicLong(first.opener() << 40);
    }

    /**
     * Opens a file, or makes it with the folders that are missing.
     *
     * @throws BudgetStoreException when it cannot be used
     */
    public static SqliteBudgetStore open(Path file) {
        return open(file, SqliteBudgetStore::connect, BUSY);
    }

    static SqliteBudgetStore open(Path file, Connector connector, Duration busy) {
        makeFolder(file);
        while (true) {
            SqliteBudgetStore store = new SqliteBudgetStore(file, connector, busy);
            if (!JournaledBudgetStore.leftJournals(file)) {
                return store;
            }
            // a process that had the file to itself was killed: what it did is written down first
            store.close();
            JournaledBudgetStore.open(file, busy).close();
        }
    }

    static void makeFolder(Path file) {
        try {
            Path parent = file.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
        } catch (IOException e) {
            throw new BudgetStoreException(
                    Kind.UNREACHABLE, file.toString(), "its folder cannot be made (" + OneLine.of(e) + ")", e);
        }
    }

    static Connection connect(Path file, Duration busy) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout((int) busy.toMillis());
        config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
        config.setPageSize(PAGE_BYTES);
        config.setPragma(SQLiteConfig.Pragma.WAL_AUTOCHECKPOINT, CHECKPOINT_PAGES);
        // or the driver would ask for the row id after every insert, by a statement that it compiles anew
        config.setGetGeneratedKeys(false);
        return config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
    }

    @Override
    public Take take(List<Demand> demands, long now, long expires) {
        long id = lastId.incrementAndGet();
        boolean tidy = upkeep.isDue(now);
        if (!tidy && !closed && demands.stream().allMatch(demand -> demand.amount() == 0)) {
            // most local answers: nothing is set aside for them, so there is nothing to write down
            return new Taken(new Ticket(id, demands.stream().map(Demand::nothingTaken).toList(), expires));
        }
        return run(accounts -> {
            if (tidy) {
                accounts.purge(now);
            }
            Take take = accounts.take(id, demands, expires);
            return take instanceof NotCovered && accounts.expire(now) > 0 ? accounts.take(id, demands, expires) : take;
        });
    }

    @Override
    public Finish finish(Ticket ticket, long[] charges, Attempt attempt, long now) {
        return run(accounts -> accounts.finish(ticket, charges, attempt));
    }

    @Override
    public Balance balance(String account, long window, long now) {
        return run(accounts -> {
            accounts.expire(now);
            return accounts.balance(account, window);
        });
    }

    @Override
    public int leasesOut(long now) {
        return run(accounts -> {
            accounts.expire(now);
            return accounts.leasesOut();
        });
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            SqliteSession last = session;
            if (last != null) {
                last.close();
                session = null;
            }
            owner.close();
        } finally {
            lock.unlock();
        }
    }

    /** The file. */
    public Path file() {
        return file;
    }

    private interface Work<T> {
        T on(SqlAccounts accounts) throws SQLException;
    }

    /** Work that waits for the connection. Guarded by the store's lock. */
    private static final class Operation<T> {
        private final Work<T> work;
        private @Nullable T result;
        private @Nullable RuntimeException failure;
        private boolean done;

        private Operation(Work<T> work) {
            this.work = work;
        }

        private void run(SqlAccounts accounts) throws SQLException {
            result = work.on(accounts);
        }

        private void fail(RuntimeException e) {
            failure = e;
            done = true;
        }

        private T result() {
            if (failure != null) {
                throw failure;
            }
            return Objects.requireNonNull(result);
        }
    }

    /** Whoever gets the lock does the work of all who wait for it; the others find theirs done. */
    private <T> T run(Work<T> work) {
        Operation<T> mine = new Operation<>(work);
        waiting.add(mine);
        lock.lock();
        try {
            while (!mine.done) {
                runGroup();
            }
            return mine.result();
        } finally {
            lock.unlock();
        }
    }

    private void runGroup() {
        List<Operation<?>> group = new ArrayList<>();
        for (Operation<?> next = waiting.poll(); next != null; next = waiting.poll()) {
            group.add(next);
            if (group.size() == GROUP) {
                break;
            }
        }
        try {
            transaction(group);
        } catch (RuntimeException e) {
            if (group.size() == 1) {
                group.getFirst().fail(e);
                return;
            }
            // nothing of the group was carried out: one of them may be at fault, and the others need not suffer
            for (Operation<?> operation : group) {
                try {
                    transaction(List.of(operation));
                } catch (RuntimeException own) {
                    operation.fail(own);
                }
            }
        }
    }

    private void transaction(List<Operation<?>> group) {
        if (closed) {
            throw new BudgetStoreException(Kind.CLOSED, file.toString(), "the store is closed", null);
        }
        SqliteSession on = session;
        if (on == null) {
            on = open(false);
            session = on;
        }
        try {
            on.begin();
            for (Operation<?> operation : group) {
                operation.run(on.accounts());
            }
            on.commit();
        } catch (SQLException e) {
            giveUp(on);
            throw translated(file, busy, e, false);
        } catch (RuntimeException e) {
            giveUp(on);
            throw e;
        }
        group.forEach(operation -> operation.done = true);
    }

    /** Takes the transaction back; a connection that cannot do that takes it back by being closed. */
    private void giveUp(SqliteSession broken) {
        if (!broken.rollback()) {
            broken.close();
            session = null;
        }
    }

    private SqliteSession open(boolean first) {
        try {
            return new SqliteSession(connector.connect(file, busy), file.toString(), busy);
        } catch (SQLException e) {
            throw translated(file, busy, e, first);
        }
    }

    /** The same fault in the words of budgets. */
    static BudgetStoreException translated(Path file, Duration busy, SQLException e, boolean opening) {
        Kind kind = e instanceof SQLDataException ? Kind.DAMAGED : kindOf(e, opening);
        String what = switch (kind) {
            case LOCKED -> "another process has kept it locked for " + busy.toMillis() + " ms";
            case DAMAGED -> "the file is damaged (" + OneLine.of(e) + ")";
            case FOREIGN -> "this is no file of Outrider's budgets (" + OneLine.of(e) + ")";
            case FULL -> "the disk is full";
            case UNREACHABLE -> "it cannot be read and written (" + OneLine.of(e) + ")";
            default -> "SQLite says: " + OneLine.of(e);
        };
        return new BudgetStoreException(kind, file.toString(), what, e);
    }

    private static Kind kindOf(SQLException e, boolean opening) {
        if (!(e instanceof SQLiteException sqlite)) {
            return Kind.FAILED;
        }
        // the lowest byte is the kind of fault, the others say more about it
        return switch (SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff)) {
            case SQLITE_BUSY, SQLITE_LOCKED -> Kind.LOCKED;
            case SQLITE_CORRUPT -> Kind.DAMAGED;
            case SQLITE_NOTADB -> Kind.FOREIGN;
            case SQLITE_FULL -> Kind.FULL;
            case SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH -> Kind.UNREACHABLE;
            case SQLITE_ERROR -> opening ? Kind.FOREIGN : Kind.FAILED;
            default -> Kind.FAILED;
        };
    }
}
