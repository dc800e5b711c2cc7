package dev.outrider.router.ledger;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

import dev.outrider.router.privacy.RecordCipher;

/** A ledger in a file, which {@link LedgerReader} reads. */
public interface FileLedger extends Ledger, AutoCloseable {

    /** The file. */
    Path file();

    @Override
    void close();

    /**
     * Opens the ledger that a path names: SQLite for {@code .db}, {@code .sqlite} and {@code .sqlite3}, JSON lines for
     * every other name. Entries are sealed when the environment holds a key in {@link RecordCipher#KEY}.
     *
     * @param env the environment, for example {@code System.getenv()}
     * @throws LedgerException when the file cannot be used
     * @throws dev.outrider.router.privacy.RecordCipherException when what is set is no key
     */
    static FileLedger open(Path file, LedgerSettings settings, Map<String, String> env) {
        RecordCipher cipher = RecordCipher.fromEnvironment(env).orElse(null);
        String name = file.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".db") || name.endsWith(".sqlite") || name.endsWith(".sqlite3")
                ? SqliteLedger.open(file, settings, cipher)
                : JsonLinesLedger.open(file, settings, cipher);
    }
}
