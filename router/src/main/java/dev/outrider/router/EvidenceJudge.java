package dev.outrider.router;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;
import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.audit.ShadowAudits;
import dev.outrider.router.audit.Suspension;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.CalibrationTable.Judgement.Calibrated;
import dev.outrider.router.calibration.CalibrationTable.Judgement.Uncalibrated;
import dev.outrider.router.calibration.EvidenceFeatures;
import dev.outrider.router.calibration.SlmIdentity;
import dev.outrider.router.calibration.Target;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.Workload;
import dev.outrider.tools.SideEffect;

/**
 * Weighs the evidence of an answer of the right form: the calibration table makes a probability of being right of it, and
 * that must reach the threshold whose risk bound meets what the workload demands. Where too little is known the answer is
 * not taken, unless the policy types a threshold in.
 */
final class EvidenceJudge {

    private final @Nullable CalibrationTable table;
    private final ShadowAudits audits;

    /** @param audits know which bounds no longer hold */
    EvidenceJudge(@Nullable CalibrationTable table, ShadowAudits audits) {
        this.table = table;
        this.audits = audits;
    }

    /**
     * What the evidence amounts to.
     *
     * @param decision taken or not
     * @param threshold smallest probability that was demanded; null when none would do
     * @param calibration what the ledger says about it; null without a table
     * @param by the table's workload; null when no table knows it
     * @param features the evidence; null without any
     */
    record Verdict(
            Decision decision,
            @Nullable Double threshold,
            DecisionRecord.@Nullable Calibrated calibration,
            @Nullable WorkloadCalibration by,
            @Nullable EvidenceFeatures features) {

        /** The calibrated probability that the answer is right; null when nothing is known about such answers. */
        @Nullable Double probability() {
            return calibration == null ? null : calibration.probability();
        }
    }

    /** When the table expires; null without one. */
    @Nullable Instant expires() {
        return table == null ? null : table.expires();
    }

    Verdict judge(Workload workload, LocalAttempt attempt, @Nullable SideEffect effect, Instant now) {
        Optional<EvidenceFeatures> evidence = attempt.evidence().flatMap(EvidenceFeatures::of);
        if (evidence.isEmpty()) {
            Escalate none = new Escalate(EscalationReason.NO_EVIDENCE, attempt.whyNoEvidence());
            return new Verdict(none, null, null, null, null);
        }
        Optional<Suspension> suspension =
                table == null ? Optional.empty() : audits.suspension(workload.name(), table.version());
        List<String> tools = Objects.requireNonNull(attempt.message()).toolExecutionRequests().stream()
                .map(ToolExecutionRequest::name)
                .toList();
        return weigh(table, workload, new Weighed(attempt.model(), evidence.get(), tools, effect), suspension, now);
    }

    /**
     * What is weighed: of a fresh answer, or of one that a ledger remembers.
     *
     * @param model name of the SLM
     * @param features how sure it was
     * @param tools names of the tools that it calls, in order
     * @param effect heaviest effect of the calls; null for a reply
     */
    record Weighed(String model, EvidenceFeatures features, List<String> tools, @Nullable SideEffect effect) {}

    /** Weighs evidence by a table. */
    static Verdict weigh(
            @Nullable CalibrationTable table,
            Workload workload,
            Weighed answer,
            Optional<Suspension> suspension,
            Instant now) {
        EvidenceFeatures features = answer.features();
        if (table == null) {
            return uncalibrated(
                    workload,
                    features,
                    null,
                    new Escalate(
                            EscalationReason.UNCALIBRATED,
                            "too little evidence: the policy names no calibration table for workload " + workload.name()));
        }
        String name = Objects.requireNonNullElse(
                table.by().nameOf(workload.name(), answer.tools(), answer.effect()), workload.name());
        WorkloadCalibration by = table.of(name).orElse(null);
        if (!table.identity().matches(new SlmIdentity(answer.model(), null, null))) {
            return uncalibrated(
                    workload,
                    features,
                    null,
                    new Escalate(
                            EscalationReason.UNCALIBRATED,
                            "too little evidence: calibration " + table.version() + " is of " + table.model() + ", but "
                                    + answer.model() + " answered"));
        }
        Target demanded = Target.of(workload.demand().riskKind(), workload.demand().targetRisk());
        return switch (table.judge(name, features, demanded, now)) {
            case Calibrated fitted when suspension.isPresent() -> verdict(
                    table,
                    workload,
                    fitted,
                    features,
                    new Escalate(EscalationReason.CALIBRATION_SUSPENDED, suspension.get().inOneLine()));
            case Calibrated fitted when fitted.accepted() ->
                verdict(table, workload, fitted, features, new Accept(features.minDecisionProbability(), Basis.EVIDENCE));
            case Calibrated fitted -> verdict(
                    table,
                    workload,
                    fitted,
                    features,
                    new Escalate(
                            EscalationReason.LOW_CONFIDENCE,
                            "the answer is right with probability %.3f, below the %.3f that a %s needs for %s"
                                    .formatted(fitted.probability(), fitted.threshold(), fitted.by().promise(), name)));
            case Uncalibrated missing -> uncalibrated(
                    workload,
                    features,
                    recordOf(table, workload, missing.probability(), by),
                    new Escalate(
                            table.expired(now) ? EscalationReason.CALIBRATION_EXPIRED : EscalationReason.UNCALIBRATED,
                            missing.why()));
        };
    }

    private static Verdict verdict(
            CalibrationTable table, Workload workload, Calibrated fitted, EvidenceFeatures features, Decision decision) {
        return new Verdict(
                decision,
                fitted.threshold(),
                recordOf(table, workload, fitted.probability(), fitted.by()),
                fitted.by(),
                features);
    }

    /** No calibration decides: the LLM, or the typed threshold where the policy has one. */
    private static Verdict uncalibrated(
            Workload workload,
            EvidenceFeatures features,
            DecisionRecord.@Nullable Calibrated calibration,
            Escalate tooLittle) {
        Double typed = workload.demand().minProbability();
        if (typed == null) {
            return new Verdict(tooLittle, null, calibration, null, features);
        }
        double confidence = features.minDecisionProbability();
        Decision decision = confidence >= typed
                ? new Accept(confidence, Basis.TYPED_THRESHOLD)
                : new Escalate(
                        EscalationReason.LOW_CONFIDENCE,
                        "the least certain decision has probability %.3f, below the %.3f that the policy types in for %s"
                                .formatted(confidence, typed, workload.name()));
        // the record must not look as if the calibrated probability had been compared with a typed number
        return new Verdict(decision, typed, null, null, features);
    }

    private static DecisionRecord.Calibrated recordOf(
            CalibrationTable table, Workload workload, @Nullable Double probability, @Nullable WorkloadCalibration by) {
        return new DecisionRecord.Calibrated(
                table.version(),
                probability,
                workload.demand().riskKind().name(),
                workload.demand().targetRisk(),
                by == null || by.threshold().isEmpty() ? null : Double.valueOf(by.riskBound()),
                by == null ? null : Integer.valueOf(by.n()));
    }
}
