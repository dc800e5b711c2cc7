package dev.outrider.router.calibration;

import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.OneLine;

/** A calibration table that cannot be used. The message is one line: the file, what is wrong, what to do. */
public final class CalibrationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    CalibrationException(String file, String what) {
        this(file, what, null);
    }

    CalibrationException(String file, String what, @Nullable Throwable cause) {
        super(OneLine.of(file) + ": " + what, cause);
    }
}
