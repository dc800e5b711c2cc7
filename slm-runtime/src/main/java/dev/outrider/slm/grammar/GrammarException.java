package dev.outrider.slm.grammar;

import dev.outrider.slm.SlmException;

/** A schema or pattern that cannot be made a grammar; the message is one line that names the place and what to do. */
public final class GrammarException extends SlmException {

    GrammarException(String message) {
        super(message);
    }
}
