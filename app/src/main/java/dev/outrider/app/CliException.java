package dev.outrider.app;

/** An error that is told to the person at the terminal in one line; it carries the exit code. */
final class CliException extends RuntimeException {

    private final int exitCode;

    private CliException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** What was given cannot be used; the message says what, where and what to do. */
    static CliException badInput(String message) {
        return new CliException(ExitCode.BAD_INPUT, message);
    }

    /** The work failed; the message says what, where and what to do. */
    static CliException failed(String message) {
        return new CliException(ExitCode.FAILED, message);
    }

    int exitCode() {
        return exitCode;
    }
}
