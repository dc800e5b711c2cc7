package dev.outrider.router;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;
import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.Decision.Refuse;
import dev.outrider.router.calibration.CalibrationTable.By;
import dev.outrider.router.calibration.EscalationBenefit;
import dev.outrider.router.calibration.EvidenceFeatures;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.ShadowRecord;
import dev.outrider.router.policy.Mode;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.RecordedWorkloads;
import dev.outrider.router.policy.Then;
import dev.outrider.router.policy.ToolLoops;
import dev.outrider.router.policy.Unhelped;
import dev.outrider.router.policy.Workload;
import dev.outrider.router.policy.WorkloadBook.Proposed;
import dev.outrider.router.privacy.Egress;
import dev.outrider.tools.SideEffect;

/**
 * Decides a query of a ledger again, by another policy and on the evidence that stands in the record. No model is asked and
 * nothing leaves. The evidence is weighed by the code that weighs a fresh answer.
 *
 * <p>A record does not tell everything that the cascade knew. What cannot be decided on what it tells is {@link Undecided}
 * with the reason, never guessed. Taken to be as it was: the effect of every tool, the form of the answer, the thoughts of
 * the SLM. Not played: limits of budgets, suspensions of a bound, an LLM that fails.
 */
public final class Redecision {

    private final PolicyInForce inForce;
    private final RecordedWorkloads workloads;

    /**
     * @param policy decides now
     * @param logged decided then: where a workload of both has the same conditions, the record tells whether they held; null
     *     when it is not known
     */
    public Redecision(PolicyInForce policy, @Nullable Policy logged) {
        this.inForce = policy;
        this.workloads = new RecordedWorkloads(policy.policy().workloads(), logged);
    }

    /** What came of it. Sealed: whoever asks handles both. */
    public sealed interface Outcome {}

    /**
     * Decided again.
     *
     * @param decision what this policy does
     * @param workload the workload that decides
     */
    public record Decided(Decision decision, Workload workload) implements Outcome {}

    /** Not to be told; {@code detail} is one line for a person. */
    public record Undecided(Why why, String detail) implements Outcome {}

    /** What a record lacks. */
    public enum Why {
        /** The policy asks for something of the request, which a ledger does not keep. */
        REQUEST_NOT_KEPT,
        /** The SLM was not asked, and this policy would ask it. */
        SLM_NOT_ASKED,
        /** A rule settled the query before anybody looked at the form of the SLM's answer. */
        FORM_NOT_CHECKED,
        /** The policy asks which tools were called, and the answer was not kept. */
        ANSWER_NOT_KEPT,
        /** Another policy would have begun this tool loop in another tier, so that this query would not have come as it did. */
        LOOP_TOOK_ANOTHER_WAY
    }

    /** What the queries before this one make of it. */
    public enum Loop {
        /** It goes on with no tool loop, or nobody knows. */
        NONE,
        /** This policy sends the query that began the loop to the LLM. */
        BEGUN_BY_LLM,
        /** This policy has the SLM answer the query that began the loop. */
        BEGUN_BY_SLM
    }

    /**
     * Decides a record again.
     *
     * @param shadow the SLM's attempt on a query that the LLM answered, when it was asked beside it; null otherwise
     * @param loop who began the tool loop
     * @param price what asking the LLM would cost, in micro-dollars
     */
    public Outcome decide(DecisionRecord record, @Nullable ShadowRecord shadow, Loop loop, long price) {
        Attempt attempt = Attempt.of(record, shadow);
        RecordedWorkloads.Found before = workloads.beforeAnswer(record);
        if (before.unknown() == null && !before.needsAnswer()) {
            Workload workload = before.workload();
            boolean mayLeave = before.egress() != Egress.LOCAL_ONLY;
            if (workload.then() == Then.REFUSE) {
                return new Decided(new Refuse(RefusalReason.RULE, "workload " + workload.name() + " refuses"), workload);
            }
            if (workload.then() == Then.ESCALATE && mayLeave) {
                return new Decided(rule(workload), workload);
            }
            if (workload.mode() == Mode.SHADOW && mayLeave) {
                return new Decided(new Escalate(EscalationReason.SHADOW, "workload " + workload.name() + " is in shadow mode"), workload);
            }
            if (workload.toolLoops() == ToolLoops.STICKY && mayLeave && loop == Loop.BEGUN_BY_LLM) {
                return new Decided(
                        new Escalate(EscalationReason.TOOL_LOOP, "the LLM began this tool loop and goes on with it"), workload);
            }
        }
        if (attempt == null) {
            Why why = loop == Loop.BEGUN_BY_SLM && isLoop(record) ? Why.LOOP_TOOK_ANOTHER_WAY : Why.SLM_NOT_ASKED;
            return new Undecided(why, "the SLM was not asked: " + record.decision().label());
        }
        if (attempt.flaw == null && !attempt.wellFormed) {
            return before.unknown() != null
                    ? new Undecided(Why.REQUEST_NOT_KEPT, before.unknown())
                    : new Undecided(Why.FORM_NOT_CHECKED, "the form of the answer was not checked: " + record.decision().label());
        }
        return afterAnswer(record, attempt, before, price);
    }

    private Outcome afterAnswer(DecisionRecord record, Attempt attempt, RecordedWorkloads.Found before, long price) {
        RecordedWorkloads.Found found = before;
        if (attempt.flaw == null) {
            if (attempt.tools == null && workloads.askForTools()) {
                return new Undecided(Why.ANSWER_NOT_KEPT, "the policy's calls-any asks for the called tools");
            }
            Set<String> tools = attempt.tools == null ? Set.of() : new HashSet<>(attempt.tools);
            found = workloads.afterAnswer(record, new Proposed(tools, attempt.effect));
        }
        if (found.unknown() != null) {
            return new Undecided(Why.REQUEST_NOT_KEPT, found.unknown());
        }
        Workload workload = found.workload();
        if (workload.then() == Then.REFUSE) {
            return new Decided(new Refuse(RefusalReason.RULE, "workload " + workload.name() + " refuses this answer"), workload);
        }
        if (workload.then() == Then.ESCALATE && found.egress() != Egress.LOCAL_ONLY) {
            return new Decided(rule(workload), workload);
        }
        if (attempt.flaw != null) {
            return escalated(attempt.flaw, found, null, attempt, price);
        }
        Optional<EvidenceFeatures> features = attempt.features;
        if (features.isEmpty()) {
            return escalated(
                    new Escalate(EscalationReason.NO_EVIDENCE, "the record holds no evidence"), found, null, attempt, price);
        }
        if (attempt.tools == null && inForce.calibration() != null
                && inForce.calibration().by() == By.TOOL) {
            return new Undecided(Why.ANSWER_NOT_KEPT, "the calibration is by tool");
        }
        EvidenceJudge.Verdict verdict = EvidenceJudge.weigh(
                inForce.calibration(),
                workload,
                new EvidenceJudge.Weighed(
                        attempt.local.model(), features.get(), attempt.tools == null ? List.of() : attempt.tools, attempt.effect),
                Optional.empty(),
                record.at());
        if (verdict.decision() instanceof Escalate wanted) {
            return escalated(wanted, found, verdict, attempt, price);
        }
        return workload.mode() == Mode.OBSERVE && found.egress() != Egress.LOCAL_ONLY
                ? new Decided(
                        new Escalate(EscalationReason.OBSERVED, "workload " + workload.name() + " only observes"), workload)
                : new Decided(verdict.decision(), workload);
    }

    private Outcome escalated(
            Escalate wanted,
            RecordedWorkloads.Found found,
            EvidenceJudge.@Nullable Verdict verdict,
            Attempt attempt,
            long price) {
        Workload workload = found.workload();
        if (found.egressUnknown() != null) {
            return new Undecided(Why.REQUEST_NOT_KEPT, found.egressUnknown());
        }
        if (found.egress() == Egress.LOCAL_ONLY) {
            return new Decided(
                    new Refuse(RefusalReason.RULE, "it must not leave, and the local answer is not taken: " + wanted.detail()),
                    workload);
        }
        if (verdict == null || verdict.by() == null || verdict.features() == null || workload.mode() != Mode.ENFORCE) {
            return new Decided(wanted, workload);
        }
        boolean localOtherwise = workload.unhelped().whenLlmFailsToo() == Unhelped.ANSWER_LOCALLY
                && workload.toleratesUnproved(attempt.effect);
        Optional<EscalationBenefit.Weighed> weighed = new EscalationBenefit(workload.unhelped().answerValueMicroUsd())
                .weigh(verdict.by(), verdict.features(), price, localOtherwise)
                .filter(w -> !w.worthIt());
        if (weighed.isEmpty()) {
            return new Decided(wanted, workload);
        }
        Decision unhelped = localOtherwise
                ? new Accept(verdict.features().minDecisionProbability(), Basis.REMOTE_NO_BETTER)
                : new Refuse(RefusalReason.REMOTE_NO_BETTER, "the LLM is not asked: " + weighed.get().inOneLine());
        return new Decided(unhelped, workload);
    }

    /** What asking the LLM of this policy costs, in micro-dollars, rounded up. */
    public long price(long inputTokens, long outputTokens) {
        var llm = inForce.policy().models().remote().getFirst();
        BigDecimal cost = MicroUsd.ofTokens(inputTokens, llm.usdPerMillionInputTokens())
                .add(MicroUsd.ofTokens(outputTokens, llm.usdPerMillionOutputTokens()));
        return MicroUsd.roundUp(cost);
    }

    private static boolean isLoop(DecisionRecord record) {
        return record.escalation() != null && record.escalation().reason() == EscalationReason.TOOL_LOOP;
    }

    private static Escalate rule(Workload workload) {
        return new Escalate(EscalationReason.RULE, "workload " + workload.name() + " sends it to the LLM");
    }

    /**
     * What a record tells of the SLM's attempt.
     *
     * @param flaw why its answer cannot be taken whatever its evidence; null when none is known
     * @param wellFormed whether its form was checked and right
     * @param tools names of the called tools; null when the answer was not kept
     */
    private record Attempt(
            DecisionRecord.Local local,
            @Nullable Escalate flaw,
            boolean wellFormed,
            @Nullable List<String> tools,
            @Nullable SideEffect effect,
            Optional<EvidenceFeatures> features) {

        static @Nullable Attempt of(DecisionRecord record, @Nullable ShadowRecord shadow) {
            DecisionRecord.Local local = record.local();
            if (local != null) {
                Decision judged = record.wouldHave() != null ? record.wouldHave()
                        : record.escalation() != null ? record.escalation() : record.decision();
                return of(local, judged, record.effect());
            }
            return shadow == null ? null : of(shadow.local(), shadow.wouldHave(), shadow.effect());
        }

        private static Attempt of(
                DecisionRecord.Local local, Decision judged, @Nullable SideEffect effect) {
            Answer answer = local.answer();
            List<String> tools = answer == null
                    ? effect == null ? List.of() : null
                    : answer.calls().stream().map(Answer.Call::name).toList();
            Escalate flaw = judged instanceof Escalate e && isFlaw(e.reason()) ? e : null;
            boolean wellFormed = effect != null
                    || judged instanceof Accept
                    || judged instanceof Escalate e && e.reason().answerWasWellFormed();
            return new Attempt(local, flaw, flaw == null && wellFormed, tools, effect, EvidenceFeatures.of(local.evidence()));
        }

        private static boolean isFlaw(EscalationReason reason) {
            return switch (reason) {
                case LOCAL_FAILED, MALFORMED_ANSWER, UNKNOWN_TOOL, INVALID_ARGUMENTS -> true;
                case RULE, TOOL_LOOP, SHADOW, OBSERVED, NO_EVIDENCE, LOW_CONFIDENCE, UNCALIBRATED, CALIBRATION_EXPIRED,
                        CALIBRATION_SUSPENDED -> false;
            };
        }
    }
}
