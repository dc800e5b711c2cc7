package dev.outrider.router.privacy;

import dev.langchain4j.exception.LangChain4jException;

/** A query may not leave the house, so nothing of it did. The message is one line. */
public final class EgressRefusedException extends LangChain4jException {

    private static final long serialVersionUID = 1L;

    EgressRefusedException(String why) {
        super("nothing was sent to the LLM: " + why);
    }
}
