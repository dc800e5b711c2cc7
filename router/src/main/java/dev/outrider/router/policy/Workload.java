package dev.outrider.router.policy;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.privacy.Egress;
import dev.outrider.tools.SideEffect;

/**
 * A kind of work and what the policy demands of it. Of the workloads that match a query the first one decides, except
 * that the strictest {@link Egress} of all that match holds.
 *
 * @param name shown in decisions and in the ledger; the calibration table knows it by this name
 * @param match which queries it takes
 * @param then what happens before any evidence is weighed
 * @param mode how far the cascade is trusted
 * @param demand what a local answer must prove
 * @param egress whether the request may leave this process
 * @param thinking whether the SLM may think
 * @param toolLoops who goes on in a tool loop
 * @param unhelped what happens when the LLM does not help
 * @param auditRate share of its accepted answers that are audited; null for the policy's rate
 */
public record Workload(
        String name,
        Match match,
        Then then,
        Mode mode,
        Demand demand,
        Egress egress,
        Thinking thinking,
        ToolLoops toolLoops,
        UnhelpedBy unhelped,
        @Nullable Double auditRate) {

    public Workload {
        check(
                mode == Mode.ENFORCE || egress != Egress.LOCAL_ONLY,
                "egress",
                "is local-only, but in mode " + Kinds.kebab(mode) + " the LLM answers every query; take mode enforce");
        check(
                mode != Mode.SHADOW || !match.needsAnswer(),
                "mode",
                "is shadow, where the LLM answers before the SLM does, but match asks for the SLM's answer (calls-any,"
                        + " effect)");
        check(
                then == Then.DECIDE || mode == Mode.ENFORCE,
                "mode",
                "decides nothing beside then: " + Kinds.kebab(then) + "; leave it out");
        check(
                then != Then.ESCALATE || egress != Egress.LOCAL_ONLY,
                "egress",
                "is local-only, but then: escalate sends everything to the LLM");
        check(
                thinking.mode() == ThinkingMode.OFF || !match.needsAnswer(),
                "thinking",
                "is settled before the SLM answers, but match asks for its answer (calls-any, effect)");
    }

    /**
     * What a local answer must prove.
     *
     * @param targetRisk largest risk of a wrong accepted answer, in (0, 1)
     * @param riskKind of what the risk is a share
     * @param uncalibrated what decides where no calibration table knows the workload
     * @param minProbability the typed threshold for {@link Uncalibrated#THRESHOLD}, in [0, 1]
     */
    public record Demand(
            double targetRisk, RiskKind riskKind, Uncalibrated uncalibrated, @Nullable Double minProbability) {
        public Demand {
            check(targetRisk > 0 && targetRisk < 1, "target-risk", "must be a number between 0 and 1, neither of them");
            check(
                    uncalibrated == Uncalibrated.ESCALATE || minProbability != null,
                    "uncalibrated",
                    "is threshold, which needs a min-probability beside it");
            check(
                    uncalibrated == Uncalibrated.THRESHOLD || minProbability == null,
                    "min-probability",
                    "has no effect without uncalibrated: threshold; add that, or leave it out");
        }
    }

    /**
     * Whether the SLM may think.
     *
     * @param mode whether
     * @param maxTokens most tokens of thought per answer
     */
    public record Thinking(ThinkingMode mode, int maxTokens) {
        public Thinking {
            check(maxTokens >= 1, "max-think-tokens", "must be at least 1");
        }
    }

    /**
     * What happens when the LLM is wanted and does not help.
     *
     * @param whenLlmFailsToo when it is known to be as wrong as the SLM on this workload, so that it is not paid
     * @param whenRemoteFails when it cannot be reached or answers nothing usable
     * @param answerLocallyUpTo heaviest effect of a local answer that is taken without the evidence for it
     * @param answerValueUsd what a right answer is worth, in dollars: an LLM that is likelier to be right is paid only
     *     when the difference is worth its price
     */
    public record UnhelpedBy(
            Unhelped whenLlmFailsToo,
            Unhelped whenRemoteFails,
            SideEffect answerLocallyUpTo,
            BigDecimal answerValueUsd) {

        /** What a right answer is worth where nothing is said. */
        public static final BigDecimal ANSWER_VALUE_USD = BigDecimal.ONE;

        public UnhelpedBy {
            check(
                    answerValueUsd.compareTo(BigDecimal.valueOf(1, 6)) >= 0
                            && answerValueUsd.compareTo(BigDecimal.valueOf(1_000_000)) <= 0,
                    "answer-value-usd",
                    "must be from 0.000001 to 1000000");
        }

        /** The value in micro-dollars. */
        public long answerValueMicroUsd() {
            return answerValueUsd.movePointRight(6).longValue();
        }
    }

    /** Whether a local answer of this effect may be taken without the evidence for it; null stands for a reply. */
    public boolean toleratesUnproved(@Nullable SideEffect effect) {
        return effect == null || effect.compareTo(unhelped.answerLocallyUpTo()) <= 0;
    }
}
