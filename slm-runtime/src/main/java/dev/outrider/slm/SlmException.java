package dev.outrider.slm;

import dev.langchain4j.exception.LangChain4jException;
import org.jspecify.annotations.Nullable;

/** Something the in-process engine cannot do; the message is one line that says what, where, and what to do about it. */
public class SlmException extends LangChain4jException {

    public SlmException(String message) {
        super(message);
    }

    public SlmException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
