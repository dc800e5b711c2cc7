package dev.outrider.slm.tokenizer;

import dev.outrider.slm.SlmException;

/**
 * A tokenizer that cannot be built from a file's metadata, or a token id that its vocabulary lacks. The message is
 * one line.
 */
public final class TokenizerException extends SlmException {

    private static final long serialVersionUID = 1L;

    public TokenizerException(String message) {
        super(message);
    }
}
