package dev.outrider.router.privacy;

import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

import dev.outrider.router.remote.AnswerRelay;
import dev.outrider.router.remote.RemoteChain;
import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemoteReply;

/**
 * The only door to the LLMs: nothing else in the router calls {@link RemoteChain#ask}, and a test holds that. What may
 * not leave is refused before anything is serialised, whoever asks and for whatever reason: escalation, repair, audit,
 * a second opinion. Safe for many threads.
 */
public final class EgressGate {

    private final RemoteChain chain;
    private final Redactor redactor;

    public EgressGate(RemoteChain chain, Redactor redactor) {
        this.chain = Objects.requireNonNull(chain, "chain");
        this.redactor = Objects.requireNonNull(redactor, "redactor");
    }

    /**
     * An answer that passed the door.
     *
     * @param reply the answer, with real values wherever a placeholder stood
     * @param redactions how many values were replaced on the way out
     */
    public record Passed(RemoteReply reply, int redactions) {}

    /**
     * Asks the LLMs as far as the query may leave.
     *
     * @param egress what may leave
     * @param names of people, replaced when {@code egress} is {@link Egress#REDACTED}
     * @throws EgressRefusedException when it may not leave; nothing was sent then
     * @throws RemoteException when no LLM answered
     */
    public Passed ask(Egress egress, ChatRequest request, ChatRequestOptions options, Collection<String> names) {
        return switch (Objects.requireNonNull(egress, "egress")) {
            case LOCAL_ONLY -> throw new EgressRefusedException("the policy keeps this query in the house (local-only)");
            case REDACTED -> redacted(redactor.redact(request, names), options);
            case ANY -> new Passed(chain.ask(request, options), 0);
        };
    }

    private Passed redacted(Redacted redacted, ChatRequestOptions options) {
        // read as a whole: an answer that is read along would show its placeholders
        ChatRequestOptions whole = redacted.replaced() == 0 ? options : AnswerRelay.removeFrom(options);
        RemoteReply reply = chain.ask(redacted.request(), whole);
        return new Passed(
                new RemoteReply(reply.model(), redacted.restore(reply.response()), reply.bill()), redacted.replaced());
    }

    /** The most that one query should be charged, in micro-dollars. */
    public long worstCase(ChatRequest request) {
        return chain.worstCase(request);
    }

    /** The LLMs' names in the order in which they are asked. */
    public List<String> models() {
        return chain.names();
    }
}
