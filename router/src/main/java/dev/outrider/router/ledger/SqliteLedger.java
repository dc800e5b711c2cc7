package dev.outrider.router.ledger;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

import dev.outrider.router.privacy.RecordCipher;

/**
 * A ledger as one SQLite file: the same lines as {@link JsonLinesLedger} writes, in a table, and a view of the decisions
 * for SQL. Entries that come while another one is being written share the next transaction (group commit); each call
 * returns when its own entry is in the write-ahead log. A killed process loses nothing that was returned. A power cut
 * may lose the newest entries unless the settings say {@code fsync}; it damages nothing.
 *
 * <p>One process writes a file at a time, others may read it. Safe for many threads. An interrupted thread can write.
 */
public final class SqliteLedger extends OpenLedger {

    /** {@code OTRD}, in the file's header: says what kind of database it is. */
    private static final int APPLICATION_ID = 0x4F545244;

    private static final int BUSY_MILLIS = 5_000;

    /**
     * Pages in the write-ahead log after which it is copied into the database, while an entry waits: four times SQLite's
     * usual number, so that it is one entry in thousands that does.
     */
    private static final String CHECKPOINT_PAGES = "4000";

    private static final List<String> TABLES = List.of(
            "CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL,"
                    + " entry TEXT NOT NULL)",
            """
            CREATE VIEW IF NOT EXISTS decisions AS SELECT seq, id,
                entry ->> '$.at' AS at, entry ->> '$.tenant' AS tenant, entry ->> '$.session' AS session,
                entry ->> '$.workload' AS workload, entry ->> '$.decision.is' AS decision,
                entry ->> '$.decision.reason' AS reason, entry ->> '$.escalation.reason' AS escalation,
                entry ->> '$.effect' AS effect, entry ->> '$.local.model' AS local_model,
                entry ->> '$.remote.model' AS remote_model, entry ->> '$.cost.localMicroUsd' AS local_micro_usd,
                entry ->> '$.cost.remoteMicroUsd' AS remote_micro_usd, entry ->> '$.policy' AS policy
            FROM entries WHERE kind = 'decision'""");

    private final Queue<Pending> waiting = new ConcurrentLinkedQueue<>();
    private final Connection connection;
    private final PreparedStatement insert;

    /** An entry that is to be written. Its end is guarded by the lock. */
    private static final class Pending {
        private final String kind;
        private final String id;
        private final byte[] line;
        private boolean done;
        private @Nullable LedgerException failure;

        private Pending(LedgerEntry entry, @Nullable RecordCipher cipher) {
            this.kind = cipher == null ? LedgerJson.kindOf(entry) : LedgerJson.SEALED;
            this.id = entry.id();
            this.line = LedgerJson.bytes(entry, cipher);
        }
    }

    private SqliteLedger(Path file, Connection connection, @Nullable RecordCipher cipher) throws SQLException {
        super(file, cipher);
        this.connection = connection;
        this.insert = connection.prepareStatement("INSERT INTO entries (kind, id, entry) VALUES (?, ?, ?)");
    }

    /**
     * Opens a ledger to append to; makes file and folders that are missing.
     *
     * @param settings whether every transaction is forced to the disk
     * @param cipher seals every entry; null to keep them readable
     * @throws LedgerException when the file cannot be used
     */
    public static SqliteLedger open(Path file, LedgerSettings settings, @Nullable RecordCipher cipher) {
        try {
            makeFolders(file);
            Connection connection = connect(file, settings.fsync());
            try {
                return new SqliteLedger(file, connection, cipher);
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (IOException | SQLException e) {
            throw notOpened(file, e);
        }
    }

    /** Opens a readable ledger that leaves it to the operating system when transactions reach the disk. */
    public static SqliteLedger open(Path file) {
        return open(file, LedgerSettings.DEFAULTS, null);
    }

    private static Connection connect(Path file, boolean fsync) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(fsync ? SQLiteConfig.SynchronousMode.FULL : SQLiteConfig.SynchronousMode.NORMAL);
        config.setBusyTimeout(BUSY_MILLIS);
        config.setApplicationId(APPLICATION_ID);
        config.setPragma(SQLiteConfig.Pragma.WAL_AUTOCHECKPOINT, CHECKPOINT_PAGES);
        // or the driver would ask for the row id after every insert, by a statement that it compiles anew
        config.setGetGeneratedKeys(false);
        Connection connection = config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
        try (Statement statement = connection.createStatement()) {
            for (String table : TABLES) {
                statement.execute(table);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    void write(LedgerEntry entry) {
        Pending mine = new Pending(entry, cipher);
        waiting.add(mine);
        lock.lock();
        try {
            if (!mine.done) {
                writeWaiting();
            }
        } finally {
            lock.unlock();
        }
        if (mine.failure != null) {
            throw mine.failure;
        }
    }

    /** Writes all that wait in one transaction: the one who holds the lock works for everybody. */
    private void writeWaiting() {
        List<Pending> group = new ArrayList<>();
        for (Pending next = waiting.poll(); next != null; next = waiting.poll()) {
            group.add(next);
        }
        LedgerException failure = null;
        try {
            checkOpen();
            commit(group);
        } catch (LedgerException e) {
            failure = e;
        } catch (SQLException e) {
            failure = notWritten(e);
        }
        for (Pending pending : group) {
            pending.done = true;
            pending.failure = failure;
        }
    }

    private void commit(List<Pending> group) throws SQLException {
        if (group.size() == 1) {
            // a statement of its own is a transaction of its own
            insert(group.getFirst());
            return;
        }
        connection.setAutoCommit(false);
        try {
            for (Pending pending : group) {
                insert(pending);
            }
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private void insert(Pending pending) throws SQLException {
        insert.setString(1, pending.kind);
        insert.setString(2, pending.id);
        insert.setString(3, new String(pending.line, StandardCharsets.UTF_8));
        insert.executeUpdate();
    }

    @Override
    void release() throws SQLException {
        connection.close();
    }
}
