package dev.outrider.evals.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * What came of one query.
 *
 * @param caseId the case it was judged by
 * @param suite the case's suite
 * @param category the case's category
 * @param task the agent run that the query belongs to
 * @param cluster unit of independence
 * @param expectsCall whether a right answer calls a tool
 * @param flags known faults of the gold answer; flagged queries stay out of the headline
 * @param question the newest user text, for people
 * @param expected what would have been right, for people
 * @param route where the answer came from
 * @param reason why not local: the escalation's or refusal's name, {@code ERROR}…; null for a local answer
 * @param detail one line about the reason; may be empty
 * @param answer the answer, for people; empty where there is none
 * @param right whether the answer is right
 * @param why one line when it is wrong
 * @param local the SLM's own proposal; null when it was not asked or what it said is not known
 * @param confidence probability of the SLM's least certain decision; null when unknown
 * @param seconds wall-clock seconds of the whole query
 * @param promptTokens estimated tokens of the prompt, for what an LLM alone would have cost
 * @param answerTokens estimated tokens of the answer
 * @param said the whole answer; null where there is none, or where it was not kept
 * @param books money, seconds and counted tokens
 * @param record the ledger's record; null when there is none, or when the result was read from a file
 */
public record QueryResult(
        String caseId,
        String suite,
        String category,
        String task,
        String cluster,
        boolean expectsCall,
        List<String> flags,
        String question,
        String expected,
        Route route,
        @Nullable String reason,
        String detail,
        String answer,
        boolean right,
        String why,
        @Nullable Proposal local,
        @Nullable Double confidence,
        double seconds,
        long promptTokens,
        long answerTokens,
        @Nullable Answer said,
        Books books,
        @Nullable DecisionRecord record) {

    public QueryResult {
        flags = List.copyOf(flags);
    }

    /**
     * What the SLM proposed, taken or not.
     *
     * @param answer for people
     * @param why one line when it is wrong
     * @param said the whole proposal; null where there is none, or where it was not kept
     */
    public record Proposal(String answer, boolean right, String why, @Nullable Answer said) {}

    /** Whether the SLM's answer went to the caller. */
    public boolean answeredLocally() {
        return route == Route.LOCAL;
    }

    /** A query replaced: answered locally and right. */
    public boolean replaced() {
        return answeredLocally() && right;
    }

    /** The same without its texts, and with the case's own names instead of copies. */
    QueryResult withoutTexts(EvalCase c) {
        Proposal proposed = local == null ? null : new Proposal("", local.right(), "", null);
        return new QueryResult(
                c.id(), c.suite(), c.category(), c.task(), c.cluster(), expectsCall, c.flags(), "", "", route, reason == null ? null : reason.intern(),
                "", "", right, "", proposed, confidence, seconds, promptTokens, answerTokens, null, books.withoutId(), null);
    }

    /** The same query, wrong for another reason. */
    QueryResult wrongBecause(String reason) {
        return new QueryResult(
                caseId, suite, category, task, cluster, expectsCall, flags, question, expected, route, this.reason, detail, answer, false,
                reason, local, confidence, seconds, promptTokens, answerTokens, said, books, record);
    }
}
