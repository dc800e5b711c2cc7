package dev.outrider.evals.run;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.llm.TokenEstimate;
import dev.outrider.evals.match.GoldAnswer;
import dev.outrider.evals.match.Judge;
import dev.outrider.evals.match.Verdict;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.router.Decision;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;

/** Judges what the cascade did with one case. */
final class QueryResults {

    private QueryResults() {}

    /** The model answered. */
    static QueryResult answered(
            EvalCase c, AiMessage answer, @Nullable DecisionRecord record, double seconds, Verdicts verdicts) {
        Verdict verdict = verdicts.of(c, answer);
        Decision decision = record == null ? null : record.decision();
        boolean local = decision instanceof Decision.Accept;
        QueryResult.Proposal proposal = local
                ? new QueryResult.Proposal(Prose.answer(answer), verdict.right(), verdict.reason(), Answer.of(answer))
                : proposal(c, record, verdicts);
        return result(
                c,
                local ? Route.LOCAL : Route.REMOTE,
                record,
                answer,
                verdict,
                proposal,
                seconds);
    }

    /** The cascade refused. */
    static QueryResult refused(EvalCase c, DecisionRecord record, double seconds, Verdicts verdicts) {
        return result(c, Route.REFUSED, record, null, Verdict.wrong("no answer"), proposal(c, record, verdicts), seconds);
    }

    /** Something threw: a full disk under the ledger, a bug. */
    static QueryResult failed(EvalCase c, Throwable problem, double seconds) {
        return with(c, Route.FAILED, "ERROR", Prose.oneLine(problem), seconds);
    }

    /** It was sent to the LLM, and the process died before the answer was written down. */
    static QueryResult lost(EvalCase c) {
        return with(
                c, Route.FAILED, "LOST", "sent to the LLM before the process was killed; perhaps paid, so it is not sent again", 0);
    }

    /** The same answer, judged anew; what an LLM judged stays, for it would have to be paid again. */
    static QueryResult judgedAgain(EvalCase c, QueryResult result) {
        return c.wantsJudge() ? result : judgedAgain(result, answer -> Judge.judge(c, message(answer)));
    }

    private static QueryResult judgedAgain(QueryResult r, Function<Answer, Verdict> judge) {
        Answer said = r.said();
        Verdict verdict = said == null ? new Verdict(r.right(), r.why()) : judge.apply(said);
        QueryResult.Proposal local = r.local();
        Answer proposed = local == null ? null : local.said();
        if (local != null && proposed != null) {
            Verdict about = proposed.equals(said) ? verdict : judge.apply(proposed);
            local = new QueryResult.Proposal(local.answer(), about.right(), about.reason(), proposed);
        }
        return new QueryResult(
                r.caseId(), r.suite(), r.category(), r.task(), r.cluster(), r.expectsCall(), r.flags(), r.question(), r.expected(),
                r.route(), r.reason(), r.detail(), r.answer(), verdict.right(), verdict.reason(), local, r.confidence(), r.seconds(),
                r.promptTokens(), r.answerTokens(), said, r.books(), r.record());
    }

    /** A live run failed at this step. */
    static QueryResult failed(EvalCase c, String why) {
        return with(c, Route.FAILED, "ERROR", why, 0);
    }

    /** A query of a live run that no gold answer asks for: wrong, and nothing that an LLM alone would have been paid for. */
    static QueryResult beyondGold(
            EvalCase last, String id, AiMessage answer, @Nullable DecisionRecord record, double seconds) {
        Decision decision = record == null ? null : record.decision();
        boolean local = decision instanceof Decision.Accept;
        String said = Prose.answer(answer);
        String why = "a step beyond the gold ones";
        return new QueryResult(
                id, last.suite(), "beyond gold", last.task(), last.cluster(), false, last.flags(), Prose.question(last.messages()),
                "nothing: the task was done", local ? Route.LOCAL : Route.REMOTE, reason(decision), detail(decision), said, false, why,
                local ? new QueryResult.Proposal(said, false, why, Answer.of(answer)) : null, confidence(record), seconds, 0, 0,
                Answer.of(answer), Books.of(record), record);
    }

    /** A live run ended before this step. */
    static QueryResult notReached(EvalCase c, String why) {
        return with(c, Route.NOT_REACHED, "NOT_REACHED", why, 0);
    }

    private static QueryResult with(EvalCase c, Route route, String reason, String detail, double seconds) {
        return new QueryResult(
                c.id(), c.suite(), c.category(), c.task(), c.cluster(), c.expectsCall(), c.flags(), Prose.question(c.messages()),
                Prose.expected(c), route, reason, detail, "", false, "no answer", null, null, seconds, promptTokens(c), answerTokens(c),
                null, Books.NONE, null);
    }

    private static QueryResult result(
            EvalCase c,
            Route route,
            @Nullable DecisionRecord record,
            @Nullable AiMessage answer,
            Verdict verdict,
            QueryResult.@Nullable Proposal proposal,
            double seconds) {
        Decision decision = record == null ? null : record.decision();
        return new QueryResult(
                c.id(),
                c.suite(),
                c.category(),
                c.task(),
                c.cluster(),
                c.expectsCall(),
                c.flags(),
                Prose.question(c.messages()),
                Prose.expected(c),
                route,
                reason(decision),
                detail(decision),
                answer == null ? "" : Prose.answer(answer),
                verdict.right(),
                verdict.reason(),
                proposal,
                confidence(record),
                seconds,
                promptTokens(c),
                answerTokens(c),
                answer == null ? null : Answer.of(answer),
                Books.of(record),
                record);
    }

    static long promptTokens(EvalCase c) {
        return TokenEstimate.prompt(c.messages(), c.specifications());
    }

    static long answerTokens(EvalCase c) {
        return TokenEstimate.answer(GoldAnswer.of(c));
    }

    private static @Nullable String reason(@Nullable Decision decision) {
        return switch (decision) {
            case Decision.Escalate e -> e.reason().name();
            case Decision.Refuse r -> r.reason().name();
            case Decision.Accept a -> a.basis().demandMet() ? null : a.basis().name();
            case null -> null;
        };
    }

    private static String detail(@Nullable Decision decision) {
        return switch (decision) {
            case Decision.Escalate e -> e.detail();
            case Decision.Refuse r -> r.detail();
            case Decision.Accept a -> "";
            case null -> "";
        };
    }

    private static @Nullable Double confidence(@Nullable DecisionRecord record) {
        if (record == null) {
            return null;
        }
        DecisionRecord.Local local = record.local();
        DecisionRecord.Evidence evidence = local == null ? null : local.evidence();
        return evidence == null ? null : evidence.smallestDecisionProbability();
    }

    /** The SLM's answer that was not taken; a policy that keeps no answers leaves it unknown. */
    private static QueryResult.@Nullable Proposal proposal(EvalCase c, @Nullable DecisionRecord record, Verdicts verdicts) {
        DecisionRecord.Local local = record == null ? null : record.local();
        if (local == null) {
            return null;
        }
        Answer answer = local.answer();
        if (answer == null) {
            String error = local.error();
            return error == null ? null : new QueryResult.Proposal("", false, error, null);
        }
        AiMessage message = message(answer);
        Verdict verdict = verdicts.of(c, message);
        return new QueryResult.Proposal(Prose.answer(message), verdict.right(), verdict.reason(), answer);
    }

    static AiMessage message(Answer answer) {
        List<ToolExecutionRequest> calls = new ArrayList<>();
        for (Answer.Call call : answer.calls()) {
            calls.add(ToolExecutionRequest.builder()
                    .id("call_" + (calls.size() + 1))
                    .name(call.name())
                    .arguments(call.arguments())
                    .build());
        }
        AiMessage.Builder message = AiMessage.builder().toolExecutionRequests(calls);
        String text = answer.text();
        return (text == null ? message : message.text(text)).build();
    }
}
