package dev.outrider.router.ledger;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/** The lines of a ledger's file, whichever kind of file it is: its first bytes say so. Used by one thread. */
abstract sealed class LedgerLines {

    private static final byte[] SQLITE = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

    private long number;

    static LedgerLines of(Path file) throws IOException, SQLException {
        return isSqlite(file) ? new OfDatabase(file) : new OfText(file);
    }

    private static boolean isSqlite(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return java.util.Arrays.equals(in.readNBytes(SQLITE.length), SQLITE);
        }
    }

    /** Number of the line given last, from 1. */
    final long number() {
        return number;
    }

    /** The next line, or null at the end. */
    final @Nullable String next() throws IOException, SQLException {
        number++;
        return read();
    }

    abstract @Nullable String read() throws IOException, SQLException;

    abstract void close() throws IOException, SQLException;

    private static final class OfText extends LedgerLines {

        private final BufferedReader reader;

        private OfText(Path file) throws IOException {
            this.reader = Files.newBufferedReader(file);
        }

        @Override
        @Nullable String read() throws IOException {
            return reader.readLine();
        }

        @Override
        void close() throws IOException {
            reader.close();
        }
    }

    private static final class OfDatabase extends LedgerLines {

        private final Connection connection;
        private final ResultSet rows;

        private OfDatabase(Path file) throws SQLException {
            SQLiteConfig config = new SQLiteConfig();
            config.setReadOnly(true);
            this.connection = config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
            try {
                this.rows = connection.createStatement().executeQuery("SELECT entry FROM entries ORDER BY seq");
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        }

        @Override
        @Nullable String read() throws SQLException {
            return rows.next() ? rows.getString(1) : null;
        }

        @Override
        void close() throws SQLException {
            connection.close();
        }
    }
}
