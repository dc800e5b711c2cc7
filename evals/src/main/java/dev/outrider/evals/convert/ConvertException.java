package dev.outrider.evals.convert;

/** Input that cannot be converted; the message is one line that says what is wrong, where, and what to do. */
public final class ConvertException extends RuntimeException {

    public ConvertException(String message) {
        super(message);
    }
}
