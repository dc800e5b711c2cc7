package dev.outrider.app;

/** The exit codes of every command. A signal adds its own: 130 after Ctrl-C, 143 after a termination. */
final class ExitCode {

    /** Done. */
    static final int OK = 0;
    /** The work failed although it was asked for rightly. */
    static final int FAILED = 1;
    /** Wrong usage, or input that cannot be used. */
    static final int BAD_INPUT = 2;

    private ExitCode() {}
}
