package dev.outrider.tools.desk;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The desk's database cannot do its work; the message says in one line why and what to do. Nothing was changed. */
public final class DeskException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DeskException(String message) {
        super(message);
    }

    DeskException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Translates what the database driver says. */
    static DeskException of(String where, java.sql.SQLException e) {
        SQLiteErrorCode code =
                e instanceof SQLiteException sqlite ? sqlite.getResultCode() : SQLiteErrorCode.UNKNOWN_ERROR;
        // extended codes (SQLITE_IOERR_WRITE …) carry the primary code in their low byte
        int primary = code.code & 0xff;
        String reason;
        if (primary == SQLiteErrorCode.SQLITE_FULL.code) {
            reason = "the disk is full; free some space and try again, nothing was changed";
        } else if (primary == SQLiteErrorCode.SQLITE_READONLY.code) {
            reason = "the file or its folder is read-only; make it writable or choose another file";
        } else if (primary == SQLiteErrorCode.SQLITE_BUSY.code || primary == SQLiteErrorCode.SQLITE_LOCKED.code) {
            reason = "another process keeps it locked; try again";
        } else if (primary == SQLiteErrorCode.SQLITE_CANTOPEN.code) {
            reason = "the file cannot be opened or created; check the path and its permissions";
        } else if (primary == SQLiteErrorCode.SQLITE_NOTADB.code) {
            reason = "the file is no SQLite database; choose another file";
        } else if (primary == SQLiteErrorCode.SQLITE_CORRUPT.code) {
            reason = "the file is damaged; delete it to start with a fresh desk";
        } else if (primary == SQLiteErrorCode.SQLITE_IOERR.code) {
            reason = "the disk does not read or write (" + code.name() + "); nothing was changed";
        } else {
            reason = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
        }
        return new DeskException("desk database " + where + ": " + reason, e);
    }

    static String name(@Nullable Path file) {
        return file == null ? "(in memory)" : file.toString();
    }
}
