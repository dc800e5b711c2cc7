package dev.outrider.evals.run;

import java.io.Serial;
import java.nio.file.Path;

/** A run that cannot begin or go on; the message is one line: what is wrong, where, and what to do. */
public final class RunException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    private RunException(String message, Throwable cause) {
        super(message, cause);
    }

    private RunException(String message) {
        super(message);
    }

    static RunException of(Path file, String problem) {
        return new RunException(file + ": " + problem);
    }

    static RunException of(Path file, String problem, Throwable cause) {
        return new RunException(file + ": " + problem, cause);
    }
}
