package dev.outrider.router.privacy;

import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.Collection;

/** Replaces what must not leave the house by placeholders, and turns them back in the answer. */
public interface Redactor {

    /**
     * Redacts a request: system text, messages, earlier calls' arguments, tool results, stop sequences.
     *
     * @param names of people, to be replaced as well
     * @throws EgressRefusedException when the request holds something that cannot be looked through, like a picture
     */
    Redacted redact(ChatRequest request, Collection<String> names);

    /** Replaces e-mail addresses, telephone, card and account numbers, and the names that the caller gives. */
    static Redactor of(RedactionSettings settings) {
        return new PatternRedactor(settings);
    }
}
