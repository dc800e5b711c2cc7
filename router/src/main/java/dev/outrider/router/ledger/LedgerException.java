package dev.outrider.router.ledger;

import dev.langchain4j.exception.NonRetriableException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The ledger cannot be written or read. The message is one line: which file, where in it, what is wrong, what to do.
 */
public final class LedgerException extends NonRetriableException {

    private static final long serialVersionUID = 1L;

    private final @Nullable String file;

    /** A fault of no particular file. */
    public LedgerException(String message) {
        super(message);
        this.file = null;
    }

    /** A fault of one file. */
    public LedgerException(Path file, String what, @Nullable Throwable cause) {
        super(file + ": " + what, cause);
        this.file = file.toString();
    }

    /** The ledger file, where there is one. */
    public @Nullable String file() {
        return file;
    }
}
