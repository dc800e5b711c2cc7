package dev.outrider.router.privacy;

import dev.langchain4j.exception.LangChain4jException;
import org.jspecify.annotations.Nullable;

/** A record cannot be read, or a key cannot be used. The message is one line and never holds a key. */
public final class RecordCipherException extends LangChain4jException {

    private static final long serialVersionUID = 1L;

    RecordCipherException(String what, @Nullable Throwable cause) {
        super(what, cause);
    }
}
