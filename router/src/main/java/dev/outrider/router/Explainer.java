package dev.outrider.router;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.Decision.Refuse;
import dev.outrider.router.budget.Amounts;
import dev.outrider.router.budget.BudgetState;
import dev.outrider.router.policy.AnswerEffect;
import dev.outrider.router.policy.Mode;
import dev.outrider.router.policy.Then;
import dev.outrider.router.policy.Workload;
import dev.outrider.router.policy.WorkloadBook.Candidates;
import dev.outrider.router.policy.WorkloadBook.Proposed;
import dev.outrider.router.privacy.Egress;

/** Walks a query as the cascade would, up to the door, and tells why. Holds no way to the LLM. */
final class Explainer {

    private final CascadePlan plan;
    private final ChatRequest request;
    private final CascadeAttributes attributes;
    private final Candidates candidates;

    private Explainer(CascadePlan plan, ChatRequest request, CascadeAttributes attributes) {
        this.plan = plan;
        this.request = request;
        this.attributes = attributes;
        this.candidates = plan.workloads().candidates(request, attributes.workload(), attributes.subtask());
    }

    static Explanation explain(CascadePlan plan, ChatRequest request, CascadeAttributes attributes) {
        Explainer explainer = new Explainer(plan, request, attributes);
        Workload before = explainer.candidates.beforeAnswer();
        Decision atOnce = explainer.atOnce(before);
        return atOnce == null ? explainer.withAnswer() : explainer.told(before, null, null, atOnce, null);
    }

    private @Nullable Decision atOnce(Workload before) {
        if (candidates.needAnswer()) {
            return null;
        }
        boolean mayLeave = candidates.egress(null) != Egress.LOCAL_ONLY;
        if (before.then() == Then.REFUSE) {
            return new Refuse(RefusalReason.RULE, "workload " + before.name() + " says then: refuse");
        }
        if (before.then() == Then.ESCALATE && mayLeave) {
            return new Escalate(EscalationReason.RULE, "workload " + before.name() + " says then: escalate");
        }
        return before.mode() == Mode.SHADOW && mayLeave
                ? new Escalate(EscalationReason.SHADOW, "workload " + before.name() + " is in shadow mode")
                : null;
    }

    private Explanation withAnswer() {
        LocalAttempt attempt = plan.local().ask(request, attributes.toOptions());
        AiMessage message = attempt.message();
        Proposed proposed = message == null || attempt.flaw() != null
                ? null
                : Proposed.of(message, plan.check().effectOf(message));
        Workload workload = proposed == null ? candidates.beforeAnswer() : candidates.afterAnswer(proposed);
        EvidenceJudge.Verdict verdict = proposed == null
                ? null
                : plan.judge().judge(workload, attempt, proposed.effect(), plan.clock().instant());
        Decision decision = verdict == null ? Objects.requireNonNull(attempt.flaw()) : verdict.decision();
        if (workload.then() == Then.REFUSE) {
            decision = new Refuse(RefusalReason.RULE, "workload " + workload.name() + " says then: refuse");
        } else if (workload.then() == Then.ESCALATE) {
            decision = new Escalate(EscalationReason.RULE, "workload " + workload.name() + " says then: escalate");
        }
        return told(workload, attempt, proposed, decision, verdict);
    }

    private Explanation told(
            Workload workload,
            @Nullable LocalAttempt attempt,
            @Nullable Proposed proposed,
            Decision decision,
            EvidenceJudge.@Nullable Verdict verdict) {
        RemoteTier remote = plan.remote();
        Egress egress = candidates.egress(proposed);
        List<BudgetState> states = plan.budgets().states(attributes.budgetKeys("explained"));
        Amounts worst = remote == null ? null : remote.worstCase(request);
        return new Explanation(
                plan.policy().version(),
                candidates.workloads(),
                workload,
                egress,
                candidates.keeper(proposed),
                states,
                remote == null ? List.of() : remote.models(),
                worst == null ? null : Long.valueOf(worst.microUsd()),
                attempt == null ? null : attempt.toRecord(true),
                proposed == null ? null : AnswerEffect.of(proposed.effect()).name().toLowerCase(Locale.ROOT),
                decision,
                verdict == null ? null : verdict.threshold(),
                verdict == null ? null : verdict.calibration(),
                verdict == null ? null : verdict.by(),
                plan.judge().expires(),
                then(workload, decision, egress, worst, states));
    }

    private String then(
            Workload workload, Decision decision, Egress egress, @Nullable Amounts worst, List<BudgetState> states) {
        return switch (decision) {
            case Refuse refuse -> "the request is refused: " + refuse.detail();
            case Accept accept when workload.mode() == Mode.OBSERVE && egress != Egress.LOCAL_ONLY ->
                "the LLM is asked all the same, because workload " + workload.name() + " only observes"
                        + door(workload, egress, worst, states);
            case Accept accept -> "the local answer is taken";
            case Escalate escalate when egress == Egress.LOCAL_ONLY -> "the request is refused: it must not leave ("
                    + Objects.requireNonNull(candidates.keeper(null)).name() + "), and " + escalate.detail();
            case Escalate escalate -> "the LLM is asked: " + escalate.detail() + door(workload, egress, worst, states);
        };
    }

    /** What stands between the query and the LLM. */
    private static String door(
            Workload workload, Egress egress, @Nullable Amounts worst, List<BudgetState> states) {
        if (worst == null) {
            return "; but none is configured";
        }
        for (BudgetState state : states) {
            if (worst.of(state.rule().unit()) > state.available()) {
                return "; but budget " + state.rule().name() + " has "
                        + state.rule().unit().text(state.available()) + " left and "
                        + state.rule().unit().text(worst.of(state.rule().unit())) + " must be set aside, so on-exhausted: "
                        + state.rule().onExhausted().name().toLowerCase(Locale.ROOT).replace('_', '-')
                        + " holds (answer-locally-up-to: "
                        + workload.unhelped().answerLocallyUpTo().name().toLowerCase(Locale.ROOT) + ")";
            }
        }
        return egress == Egress.REDACTED ? "; personal data are replaced before" : "";
    }
}
