package dev.outrider.router;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;
import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.Decision.Refuse;
import dev.outrider.router.budget.BudgetStoreException;
import dev.outrider.router.budget.Grant;
import dev.outrider.router.budget.OnExhausted;
import dev.outrider.router.calibration.EscalationBenefit;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.Mode;
import dev.outrider.router.policy.Then;
import dev.outrider.router.policy.ToolLoops;
import dev.outrider.router.policy.Unhelped;
import dev.outrider.router.policy.Workload;
import dev.outrider.router.policy.WorkloadBook.Candidates;
import dev.outrider.router.policy.WorkloadBook.Proposed;
import dev.outrider.router.privacy.Egress;
import dev.outrider.router.privacy.EgressRefusedException;
import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemoteModels;

/**
 * One query on its way: workload, budget, SLM, form, evidence, decision, LLM where needed, ledger. Every way out goes
 * through the ledger, and nothing goes out before the ledger took it.
 */
final class CascadeQuery {

    private final CascadePlan plan;
    private final Shared shared;
    private final ChatRequest request;
    private final ChatRequestOptions options;
    private final @Nullable AnswerStream stream;
    private final QueryBooks books;
    private final Candidates candidates;

    private Workload workload;
    private @Nullable LocalAttempt local;

    /**
     * What queries share beside the plan.
     *
     * @param loops which tier began a tool loop
     * @param local asks the SLM within budgets
     * @param scribe writes and counts
     */
    record Shared(ToolLoop loops, LocalWork local, Scribe scribe) {}

    /** @param stream where the answer goes piece by piece; null when it is wanted as a whole */
    CascadeQuery(
            CascadePlan plan,
            Shared shared,
            ChatRequest request,
            ChatRequestOptions options,
            @Nullable AnswerStream stream) {
        this.plan = plan;
        this.shared = shared;
        this.request = request;
        this.options = options;
        this.stream = stream;
        this.books = shared.scribe().open(plan, CascadeAttributes.from(options), stream);
        this.candidates = plan.workloads()
                .candidates(request, books.attributes().workload(), books.attributes().subtask());
        this.workload = candidates.beforeAnswer();
        books.workload(workload);
        restrict(candidates.egress(null));
    }

    /** What may not leave as it is is not kept as it is either. */
    private void restrict(Egress egress) {
        books.redaction(RecordRedaction.of(
                egress, plan.redactor(), request, books.attributes().names()));
    }

    /**
     * Walks the query.
     *
     * @throws RefusedException when nobody answers
     * @throws dev.outrider.router.ledger.LedgerException when the ledger cannot take it; nothing has left then but what
     *     the ledger had announced
     */
    ChatResponse answer() {
        if (Thread.currentThread().isInterrupted()) {
            throw cancelled(null);
        }
        try {
            return walk();
        } catch (BudgetStoreException e) {
            throw refuse(RefusalReason.BUDGET_UNKNOWN, Objects.requireNonNullElse(e.getMessage(), "the budgets failed"), e);
        } catch (EgressRefusedException e) {
            throw refuse(RefusalReason.RULE, Objects.requireNonNullElse(e.getMessage(), "may not leave"), e);
        }
    }

    private ChatResponse walk() {
        Escalate atOnce = beforeAnswer();
        if (atOnce != null) {
            return escalate(atOnce, candidates.egress(null));
        }
        Grant.Exhausted exhausted = askLocally();
        LocalAttempt attempt = local;
        if (exhausted != null || attempt == null) {
            throw refuse(RefusalReason.BUDGET_EXHAUSTED, detailOf(exhausted), null);
        }
        if (attempt.cancelled()) {
            throw cancelled(null);
        }
        Proposed proposed = proposed(attempt);
        workload = proposed == null ? candidates.beforeAnswer() : candidates.afterAnswer(proposed);
        books.workload(workload);
        Egress egress = candidates.egress(proposed);
        restrict(egress);
        Decision judged = judge(attempt, egress);
        if (workload.mode() == Mode.OBSERVE && egress != Egress.LOCAL_ONLY && !(judged instanceof Refuse)) {
            books.wouldHave(judged);
            return escalate(judged instanceof Escalate wanted ? wanted : observed(), egress);
        }
        return switch (judged) {
            case Accept accept -> shared.scribe().accept(accept, Objects.requireNonNull(attempt.response()), this, egress);
            case Escalate wanted -> escalate(wanted, egress);
            case Refuse refuse -> throw refuse(refuse.reason(), refuse.detail(), null);
        };
    }

    /** Why the LLM is asked without the SLM; null when the SLM is asked. */
    private @Nullable Escalate beforeAnswer() {
        boolean mayLeave = candidates.egress(null) != Egress.LOCAL_ONLY;
        if (!candidates.needAnswer()) {
            if (workload.then() == Then.REFUSE) {
                books.rule(workload);
                throw refuse(RefusalReason.RULE, "the policy's workload " + quoted(workload) + " refuses this request", null);
            }
            if (workload.then() == Then.ESCALATE && mayLeave) {
                books.rule(workload);
                return new Escalate(EscalationReason.RULE, "the policy's workload " + quoted(workload)
                        + " sends it to the LLM");
            }
            if (workload.mode() == Mode.SHADOW && mayLeave) {
                return new Escalate(EscalationReason.SHADOW, "the policy's workload " + quoted(workload)
                        + " is in shadow mode");
            }
        }
        boolean sticks = mayLeave
                && plan.remote() != null
                && workload.toolLoops() == ToolLoops.STICKY
                && shared.loops().begunBy(request, books.attributes().session()).orElse(null) == ToolLoop.Tier.REMOTE;
        return sticks
                ? new Escalate(EscalationReason.TOOL_LOOP, "the LLM began this tool loop and goes on with it")
                : null;
    }

    /** Asks the SLM; gives the budget that stands in the way, if one does. */
    private Grant.@Nullable Exhausted askLocally() {
        return switch (shared.local().ask(plan, candidates.beforeAnswer(), request, options, books.charges())) {
            case LocalWork.Done done -> {
                local = done.attempt();
                books.local(done);
                shared.scribe().localAnswer(books, done.attempt());
                yield null;
            }
            case LocalWork.NoBudget none -> {
                shared.scribe().exhausted(books, none.exhausted());
                yield none.exhausted();
            }
        };
    }

    /** What the SLM proposes, where its answer can be understood. */
    private @Nullable Proposed proposed(LocalAttempt attempt) {
        AiMessage message = attempt.message();
        return message == null || attempt.flaw() != null
                ? null
                : Proposed.of(message, plan.check().effectOf(message));
    }

    private Decision judge(LocalAttempt attempt, Egress egress) {
        if (workload.then() == Then.REFUSE) {
            books.rule(workload);
            return new Refuse(RefusalReason.RULE, "the policy's workload " + quoted(workload) + " refuses this answer");
        }
        if (workload.then() == Then.ESCALATE && egress != Egress.LOCAL_ONLY) {
            books.rule(workload);
            return new Escalate(EscalationReason.RULE, "the policy's workload " + quoted(workload)
                    + " sends such answers to the LLM");
        }
        Escalate flaw = attempt.flaw();
        if (flaw != null) {
            return flaw;
        }
        AiMessage message = Objects.requireNonNull(attempt.message());
        EvidenceJudge.Verdict verdict =
                plan.judge().judge(workload, attempt, plan.check().effectOf(message), books.arrived());
        books.verdict(verdict);
        return verdict.decision();
    }

    private Escalate observed() {
        return new Escalate(EscalationReason.OBSERVED, "the local answer would have been taken, but the policy's workload "
                + quoted(workload) + " only observes");
    }

    private ChatResponse escalate(Escalate wanted, Egress egress) {
        books.escalation(wanted);
        shared.scribe().wanted(books, wanted);
        if (egress == Egress.LOCAL_ONLY) {
            Workload keeper = Objects.requireNonNull(candidates.keeper(local == null ? null : proposed(local)));
            books.rule(keeper);
            throw refuse(
                    RefusalReason.RULE,
                    "the policy's workload " + quoted(keeper) + " keeps this request in the house, and the local answer is"
                            + " not taken: " + wanted.detail(),
                    null);
        }
        RemoteTier remote = plan.remote();
        if (remote == null) {
            return unhelped(
                    workload.unhelped().whenRemoteFails(),
                    Basis.REMOTE_FAILED,
                    RefusalReason.NO_REMOTE,
                    "the LLM is needed (" + wanted.detail() + ") and none is configured; set " + RemoteModels.URL + " and "
                            + RemoteModels.MODEL,
                    null);
        }
        String noBetter = noBetter(remote);
        if (noBetter != null) {
            return unhelped(
                    workload.unhelped().whenLlmFailsToo(),
                    Basis.REMOTE_NO_BETTER,
                    RefusalReason.REMOTE_NO_BETTER,
                    "the LLM is not asked: " + noBetter,
                    null);
        }
        RemoteTier.Outcome outcome = remote.ask(wish(egress), books.charges());
        shared.scribe().remoteEnded(books, outcome);
        return switch (outcome) {
            case RemoteTier.Answered answered -> {
                books.remote(answered.books());
                yield shared.scribe().escalated(wanted, answered.response(), this);
            }
            case RemoteTier.NoBudget none -> {
                books.remote(none.books());
                yield unhelped(
                        none.exhausted().then() == OnExhausted.ANSWER_LOCALLY ? Unhelped.ANSWER_LOCALLY : Unhelped.REFUSE,
                        Basis.BUDGET_EXHAUSTED,
                        RefusalReason.BUDGET_EXHAUSTED,
                        "the LLM is needed, and " + detailOf(none.exhausted()),
                        null);
            }
            case RemoteTier.Failed failed -> {
                books.remote(failed.books());
                books.fault(failed.fault());
                if (failed.fault().kind() == RemoteException.Kind.CANCELLED) {
                    throw cancelled(failed.fault());
                }
                boolean partHasLeft = stream != null && stream.partHasLeft();
                yield unhelped(
                        partHasLeft ? Unhelped.REFUSE : workload.unhelped().whenRemoteFails(),
                        Basis.REMOTE_FAILED,
                        RefusalReason.REMOTE_FAILED,
                        QueryBooks.messageOf(failed.fault()),
                        failed.fault());
            }
        };
    }

    private RemoteTier.Wish wish(Egress egress) {
        // only the LLM's answer may be read along: the SLM's is held until it is decided
        return new RemoteTier.Wish(
                books.id(),
                "remote",
                request,
                stream == null ? options : stream.relayedIn(options),
                egress,
                books.attributes().names());
    }

    /** Why the LLM is not worth its price here; null when it is, or when nobody knows. */
    private @Nullable String noBetter(RemoteTier remote) {
        EvidenceJudge.Verdict verdict = books.verdict();
        if (verdict == null || verdict.by() == null || verdict.features() == null || workload.mode() != Mode.ENFORCE) {
            return null;
        }
        boolean localOtherwise = isUsable(local, workload.unhelped().whenLlmFailsToo());
        return new EscalationBenefit(workload.unhelped().answerValueMicroUsd())
                .weigh(verdict.by(), verdict.features(), remote.usualPrice(request), localOtherwise)
                .filter(weighing -> !weighing.worthIt())
                .map(EscalationBenefit.Weighed::inOneLine)
                .orElse(null);
    }

    /** The LLM does not help: a local answer of the right form and of small effect may do, when the policy says so. */
    private ChatResponse unhelped(
            Unhelped then, Basis basis, RefusalReason reason, String detail, @Nullable Throwable cause) {
        LocalAttempt attempt = local;
        if (attempt == null || attempt.response() == null || !isUsable(attempt, then)) {
            throw refuse(reason, detail, cause);
        }
        Accept accept = new Accept(attempt.confidence().orElse(0), basis);
        // not audited: nothing was promised for it
        return shared.scribe().accept(accept, attempt.response(), this, Egress.LOCAL_ONLY);
    }

    /** Whether the SLM's answer may be given without the evidence for it. */
    private boolean isUsable(@Nullable LocalAttempt attempt, Unhelped then) {
        return then == Unhelped.ANSWER_LOCALLY
                && attempt != null
                && attempt.message() != null
                && attempt.flaw() == null
                && workload.then() == Then.DECIDE
                && workload.toleratesUnproved(plan.check().effectOf(attempt.message()));
    }

    private static String detailOf(Grant.@Nullable Exhausted exhausted) {
        return exhausted == null ? "a budget is exhausted" : exhausted.detail();
    }

    private RefusedException cancelled(@Nullable Throwable cause) {
        return refuse(
                RefusalReason.CANCELLED, "cancelled before there was an answer; ask again if it is still wanted", cause);
    }

    private RefusedException refuse(RefusalReason reason, String detail, @Nullable Throwable cause) {
        Refuse decision = new Refuse(reason, detail);
        DecisionRecord record = shared.scribe().write(books, decision);
        return new RefusedException(decision, record, cause);
    }

    private static String quoted(Workload workload) {
        return "\"" + workload.name() + "\"";
    }

    ChatRequest request() {
        return request;
    }

    ChatRequestOptions options() {
        return options;
    }

    CascadePlan plan() {
        return plan;
    }

    Workload workload() {
        return workload;
    }

    QueryBooks books() {
        return books;
    }

    @Nullable LocalAttempt local() {
        return local;
    }
}
