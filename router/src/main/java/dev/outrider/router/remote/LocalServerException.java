package dev.outrider.router.remote;

import dev.langchain4j.exception.LangChain4jException;

/** The server of the SLM gave no usable answer. The message is one line; it never holds the key. */
public final class LocalServerException extends LangChain4jException {

    private static final long serialVersionUID = 1L;

    LocalServerException(String what, Throwable cause) {
        super(what, cause);
    }
}
