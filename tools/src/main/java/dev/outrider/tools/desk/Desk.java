package dev.outrider.tools.desk;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

import dev.outrider.tools.ToolCatalogue;

/**
 * A shop's back office: one SQLite database, made and filled at first use, and the tools that work on it. Several
 * desks, also in several processes, may share a file. Safe for many threads.
 */
public final class Desk implements AutoCloseable {

    /** The day the seeded shop is at: the newest orders are of this day. */
    public static final Instant FIRST_DAY = Instant.parse("2026-03-20T09:00:00Z");

    private final DeskDatabase database;
    private final DeskTools tools;

    private Desk(DeskDatabase database, InstantSource clock) {
        this.database = database;
        this.tools = new DeskTools(
                new Customers(database),
                new Orders(database, clock),
                new Warehouses(database),
                new HelpDesk(database, clock));
    }

    /**
     * Opens a desk whose calendar stands at {@link #FIRST_DAY}, so that the same calls give the same state.
     *
     * @throws DeskException if the file cannot be used, with the reason in one line
     */
    public static Desk open(Path file) {
        return open(file, InstantSource.fixed(FIRST_DAY));
    }

    /**
     * Opens a desk.
     *
     * @param file created and filled if it does not exist
     * @param clock dates new tickets and refunds (UTC)
     * @throws DeskException if the file cannot be used, with the reason in one line
     */
    public static Desk open(Path file, InstantSource clock) {
        return prepared(DeskDatabase.open(file), file, clock);
    }

    /** A desk that lives in memory and is gone when it is closed. */
    public static Desk inMemory() {
        return prepared(DeskDatabase.open(null), null, InstantSource.fixed(FIRST_DAY));
    }

    private static Desk prepared(DeskDatabase database, @Nullable Path file, InstantSource clock) {
        try {
            boolean ready = database.read(session -> isDesk(session, file));
            if (file != null) {
                database.useWriteAheadLog();
            }
            if (!ready) {
                database.write(session -> {
                    // another process may have been faster
                    if (!isDesk(session, file)) {
                        DeskSeed.create(session);
                    }
                    return true;
                });
            }
            return new Desk(database, clock);
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    /** False for a file that is still empty; anything that is neither empty nor ours is left alone. */
    private static boolean isDesk(Session session, @Nullable Path file) throws SQLException {
        int application = number(session, "PRAGMA application_id");
        int version = number(session, "PRAGMA user_version");
        if (application == DeskSeed.APPLICATION_ID && version == DeskSeed.VERSION) {
            return true;
        }
        if (application == DeskSeed.APPLICATION_ID) {
            throw new DeskException("desk database " + DeskException.name(file) + ": it has layout " + version
                    + ", this Outrider knows layout " + DeskSeed.VERSION + "; delete it or choose another file");
        }
        if (application != 0 || version != 0 || number(session, "SELECT count(*) FROM sqlite_schema") != 0) {
            throw new DeskException("desk database " + DeskException.name(file)
                    + ": the file belongs to another program; choose another file");
        }
        return false;
    }

    private static int number(Session session, String sql) throws SQLException {
        return session.one(row -> row.getInt(1), sql).orElse(0);
    }

    /** The tools, for LangChain4j or a {@link ToolCatalogue}. */
    public DeskTools tools() {
        return tools;
    }

    /** The tools as a catalogue, in the order of {@link DeskTools#NAMES}. */
    public ToolCatalogue catalogue() {
        return ToolCatalogue.of(tools).only(DeskTools.NAMES);
    }

    /**
     * SHA-256 over all rows of all tables, to compare states: equal digests, equal shops.
     */
    public String digest() {
        MessageDigest sha = sha256();
        return database.read(session -> {
            for (String table : DeskSeed.TABLES) {
                sha.update((table + "\n").getBytes(StandardCharsets.UTF_8));
                session.all(Desk::line, "SELECT * FROM " + table + " ORDER BY 1, 2, 3")
                        .forEach(line -> sha.update(line.getBytes(StandardCharsets.UTF_8)));
            }
            return HexFormat.of().formatHex(sha.digest());
        });
    }

    private static String line(ResultSet row) throws SQLException {
        StringBuilder line = new StringBuilder();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            // no text of the desk holds a tab or a line end, so that two different rows never give one line
            line.append(row.getString(i)).append('\t');
        }
        return line.append('\n').toString();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Throws away everything that happened and starts again with the shop's first day, in one transaction. */
    public void reset() {
        database.write(session -> {
            DeskSeed.drop(session);
            DeskSeed.create(session);
            return true;
        });
    }

    /** For tests of what happens when the database itself fails. */
    DeskDatabase database() {
        return database;
    }

    /** Closes the database; the tools then fail with a {@link DeskException}. */
    @Override
    public void close() {
        database.close();
    }
}
