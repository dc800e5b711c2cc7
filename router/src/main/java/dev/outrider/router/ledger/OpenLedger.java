package dev.outrider.router.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.OneLine;
import dev.outrider.router.privacy.RecordCipher;

/** What ledgers in files share: whether they are open, and what they say when they fail. */
abstract class OpenLedger extends EntryLedger implements FileLedger {

    final Path file;

    /** Seals every entry; null to keep them readable. */
    final @Nullable RecordCipher cipher;

    /** Whoever holds it writes. */
    final ReentrantLock lock = new ReentrantLock();

    /** Guarded by the lock. */
    private boolean closed;

    OpenLedger(Path file, @Nullable RecordCipher cipher) {
        this.file = file;
        this.cipher = cipher;
    }

    /** Closes what was opened; under the lock, and once. */
    abstract void release() throws IOException, SQLException;

    @Override
    public final Path file() {
        return file;
    }

    @Override
    public final void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                release();
            }
        } catch (IOException | SQLException e) {
            throw new LedgerException(file, "cannot be closed (" + OneLine.of(e) + ")", e);
        } finally {
            lock.unlock();
        }
    }

    /** @throws LedgerException when it is closed; the caller holds the lock */
    final void checkOpen() {
        if (closed) {
            throw new LedgerException(file, "is closed; nothing can be decided without a ledger", null);
        }
    }

    /** An entry cannot be written. */
    final LedgerException notWritten(Exception why) {
        return new LedgerException(
                file,
                "cannot be written (" + OneLine.of(why)
                        + "); no answer leaves without a record: free disk space or choose another ledger",
                why);
    }

    /** A ledger cannot be opened. */
    static LedgerException notOpened(Path file, Exception why) {
        return new LedgerException(
                file, "cannot be opened as ledger (" + OneLine.of(why) + "); choose a path that can be written", why);
    }

    /** Makes the folders of a file that are missing. */
    static void makeFolders(Path file) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
    }
}
