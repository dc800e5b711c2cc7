package dev.outrider.router.budget;

import dev.langchain4j.exception.NonRetriableException;
import org.jspecify.annotations.Nullable;

/**
 * The store of budgets cannot be used, so nothing may be spent. The message is one line: which store, what is wrong,
 * what to do.
 */
public final class BudgetStoreException extends NonRetriableException {

    private static final long serialVersionUID = 1L;

    private final Kind kind;

    /** What is wrong. */
    public enum Kind {
        /** The server does not answer, or the file cannot be opened or written. */
        UNREACHABLE("check that it is there and may be used"),
        /** Somebody else keeps it locked for longer than one waits. */
        LOCKED("end the process that holds it, or give every process its own"),
        /** It holds something else than budgets. */
        FOREIGN("choose another place for the budgets"),
        /** A newer version wrote it. */
        NEWER("update Outrider, or choose another place for the budgets"),
        /** Its contents are broken. */
        DAMAGED("restore a backup, or move it away to begin with nothing spent"),
        /** No space is left. */
        FULL("free space"),
        /** It was closed. */
        CLOSED("open it again"),
        /** Anything else. */
        FAILED("look at the cause");

        private final String advice;

        Kind(String advice) {
            this.advice = advice;
        }
    }

    BudgetStoreException(Kind kind, String store, String what, @Nullable Throwable cause) {
        super(store + ": " + what + "; " + kind.advice + " (nothing is spent without it)", cause);
        this.kind = kind;
    }

    /** What is wrong. */
    public Kind kind() {
        return kind;
    }
}
