package dev.outrider.evals.replay;

/** A replay that cannot be done; the message is one line that says what is wrong, where, and what to do. */
public final class ReplayException extends RuntimeException {

    public ReplayException(String message) {
        super(message);
    }
}
