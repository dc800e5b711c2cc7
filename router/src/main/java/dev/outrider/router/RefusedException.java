package dev.outrider.router;

import dev.langchain4j.exception.NonRetriableException;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;

/**
 * A query that got no answer: the policy, the budget or the LLM stands in the way. The message is one line that says
 * why and what to do. Asking again without changing anything gives the same refusal, except after {@link
 * RefusalReason#CANCELLED} and {@link RefusalReason#REMOTE_FAILED}.
 */
public final class RefusedException extends NonRetriableException {

    private static final long serialVersionUID = 1L;

    private final transient Decision.Refuse decision;
    private final transient DecisionRecord record;

    RefusedException(Decision.Refuse decision, DecisionRecord record, @Nullable Throwable cause) {
        super(decision.detail(), cause);
        this.decision = decision;
        this.record = record;
    }

    /** Why. */
    public RefusalReason reason() {
        return decision.reason();
    }

    /** One line that says what to do; the same as the message. */
    public String detail() {
        return decision.detail();
    }

    /** The decision as it stands in the ledger. */
    public Decision.Refuse decision() {
        return decision;
    }

    /** What the ledger says about this query. */
    public DecisionRecord record() {
        return record;
    }
}
