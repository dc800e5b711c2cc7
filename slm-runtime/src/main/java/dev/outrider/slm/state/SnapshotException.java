package dev.outrider.slm.state;

import org.jspecify.annotations.Nullable;

import dev.outrider.slm.SlmException;

/** A snapshot file that cannot be written, or is damaged or of another model; the message is one line and names the file. */
public final class SnapshotException extends SlmException {

    private static final long serialVersionUID = 1L;

    SnapshotException(String message) {
        super(message);
    }

    SnapshotException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
