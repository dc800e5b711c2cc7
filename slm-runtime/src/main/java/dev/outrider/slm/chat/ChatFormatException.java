package dev.outrider.slm.chat;

import dev.outrider.slm.SlmException;

/** A model file that names no prompt format, or one that is not known. The message is one line. */
public final class ChatFormatException extends SlmException {

    private static final long serialVersionUID = 1L;

    public ChatFormatException(String message) {
        super(message);
    }
}
