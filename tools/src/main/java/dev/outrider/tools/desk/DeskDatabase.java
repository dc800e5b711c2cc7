package dev.outrider.tools.desk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * One SQLite connection that threads take in turns. Every piece of work is one transaction: all of it or nothing,
 * also when the process is killed in the middle. Other processes may use the same file (write-ahead log).
 */
final class DeskDatabase implements AutoCloseable {

    private static final Duration BUSY = Duration.ofSeconds(10);

    private final @Nullable Path file;
    private final Connection connection;
    private final Session session;
    private final ReentrantLock lock = new ReentrantLock();

    private DeskDatabase(@Nullable Path file, Connection connection) {
        this.file = file;
        this.connection = connection;
        this.session = new Session(connection);
    }

    /**
     * @param file null for a database that lives and dies with this object
     * @throws DeskException if the file cannot be opened
     */
    static DeskDatabase open(@Nullable Path file) {
        SQLiteConfig config = new SQLiteConfig();
        config.enforceForeignKeys(true);
        config.setBusyTimeout((int) BUSY.toMillis());
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        try {
            if (file != null && file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            String url = "jdbc:sqlite:" + (file == null ? ":memory:" : file.toAbsolutePath());
            return new DeskDatabase(file, config.createConnection(url));
        } catch (IOException e) {
            throw new DeskException(
                    "desk database " + file + ": its folder cannot be made (" + e.getMessage() + ")", e);
        } catch (SQLException e) {
            throw DeskException.of(DeskException.name(file), e);
        }
    }

    /** Work that may run SQL and throw a {@link Refusal}. */
    @FunctionalInterface
    interface Work<T> {
        T run(Session session) throws SQLException;
    }

    /** Runs work that only looks; it sees one state of the database throughout. */
    <T> T read(Work<T> work) {
        return transaction("BEGIN", work);
    }

    /** Runs work that changes something; takes the write lock at once, so that two writers never deadlock. */
    <T> T write(Work<T> work) {
        return transaction("BEGIN IMMEDIATE", work);
    }

    /** Switches to the write-ahead log, which SQLite refuses at once, without waiting, while others are at work. */
    void useWriteAheadLog() {
        lock.lock();
        try {
            long deadline = System.nanoTime() + BUSY.toNanos();
            while (true) {
                try {
                    session.execute("PRAGMA journal_mode = WAL");
                    return;
                } catch (SQLException e) {
                    if (System.nanoTime() > deadline) {
                        throw DeskException.of(where(), e);
                    }
                    Thread.sleep(20);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeskException("desk database " + where() + ": interrupted while it was being opened", e);
        } finally {
            lock.unlock();
        }
    }

    private <T> T transaction(String begin, Work<T> work) {
        lock.lock();
        try {
            if (connection.isClosed()) {
                throw new DeskException("desk database " + where() + ": it is closed");
            }
            session.execute(begin);
            try {
                T result = work.run(session);
                session.execute("COMMIT");
                return result;
            } catch (SQLException | RuntimeException e) {
                rollback(e);
                throw e;
            }
        } catch (SQLException e) {
            throw DeskException.of(where(), e);
        } finally {
            lock.unlock();
        }
    }

    /** SQLite has rolled back by itself after some errors (full disk); asking again then is an error of its own. */
    private void rollback(Exception problem) {
        try {
            session.execute("ROLLBACK");
        } catch (SQLException e) {
            problem.addSuppressed(e);
        }
    }

    private String where() {
        return DeskException.name(file);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            connection.close();
        } catch (SQLException e) {
            throw DeskException.of(where(), e);
        } finally {
            lock.unlock();
        }
    }
}
