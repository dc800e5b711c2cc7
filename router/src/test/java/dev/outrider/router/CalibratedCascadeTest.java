package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;
import dev.outrider.router.audit.AuditSettings;
import dev.outrider.router.audit.ShadowAudits;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.Feature;
import dev.outrider.router.calibration.IsotonicCalibrator;
import dev.outrider.router.calibration.LlmAccuracy;
import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.LedgerSchema;
import dev.outrider.router.policy.Policies;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;

/** The cascade with a calibration table: the probability of being right decides, and too little evidence is told apart. */
class CalibratedCascadeTest extends CascadeFixture {

    /** Raw 0.5 is right in 60 of 100 cases, raw 1 in 99. */
    private static final IsotonicCalibrator CALIBRATOR =
            new IsotonicCalibrator(Feature.WEAKEST_DECISION, List.of(0.0, 0.5, 1.0), List.of(0.1, 0.6, 0.99));

    private static WorkloadCalibration workload(String name, double risk, @Nullable Double threshold, @Nullable LlmAccuracy llm) {
        return new WorkloadCalibration(
                name,
                400,
                200,
                100,
                CALIBRATOR,
                "made by hand",
                RiskKind.CONDITIONAL,
                risk,
                0.95,
                threshold == null ? OptionalDouble.empty() : OptionalDouble.of(threshold),
                threshold == null ? 0.4 : risk,
                60,
                1,
                OptionalDouble.of(0.03),
                OptionalDouble.of(0.9),
                OptionalDouble.of(0.1),
                threshold == null ? "too little evidence" : null,
                llm);
    }

    private static CalibrationTable table(String model, Instant expires, WorkloadCalibration... workloads) {
        Map<String, WorkloadCalibration> byName = new LinkedHashMap<>();
        for (WorkloadCalibration w : workloads) {
            byName.put(w.workload(), w);
        }
        return new CalibrationTable(
                "cal-1",
                model,
                null,
                null,
                CalibrationTable.By.EFFECT,
                NOON.minus(Duration.ofDays(30)),
                expires,
                new CalibrationTable.Source("suite", List.of("by hand"), 400, 1),
                byName);
    }

    private static Policy policy() {
        return Policies.changed(
                "    uncalibrated: threshold               # a typed threshold; it bounds no risk\n    min-probability: 0.97\n", "",
                "    uncalibrated: threshold\n    min-probability: 0.90\n", "",
                "    uncalibrated: threshold\n    min-probability: 0.80\n", "");
    }

    private CascadeChatModel.Builder calibrated(ScriptedSlm slm, CalibrationTable table) {
        return cascade(slm).policy(PolicySource.of(new PolicyInForce(policy(), table, null)));
    }

    private static final Instant LATER = NOON.plus(Duration.ofDays(30));

    @Test
    void the_calibrated_probability_decides_and_the_record_says_by_what_bound() throws IOException {
        CalibrationTable table = table("desk-slm", LATER, workload("reply", 0.05, 0.9, null));
        try (CascadeChatModel model = calibrated(
                        ScriptedSlm.doing(r -> ScriptedSlm.text("x", r.messages().toString().contains("easy") ? 0.98 : 0.6)),
                        table)
                .build()) {
            model.chat(shop.request("easy"));
            DecisionRecord sure = ledger.records().getLast();
            assertThat(sure.decision()).isInstanceOfSatisfying(Accept.class, a -> assertThat(a.basis()).isEqualTo(
                    Basis.EVIDENCE));
            assertThat(sure.threshold()).isEqualTo(0.9);
            DecisionRecord.Calibrated calibrated = Objects.requireNonNull(sure.calibration());
            assertThat(calibrated)
                    .isEqualTo(new DecisionRecord.Calibrated(
                            "cal-1", calibrated.probability(), "CONDITIONAL", 0.05, 0.05, 400));
            assertThat(calibrated.probability()).isGreaterThanOrEqualTo(0.9);
            assertThat(LedgerSchema.documented().violations(sure)).isEmpty();

            model.chat(shop.request("hard"));
            assertThat(escalation(ledger.records().getLast()).reason()).isEqualTo(EscalationReason.LOW_CONFIDENCE);
            assertThat(escalation(ledger.records().getLast()).detail())
                    .contains("is right with probability 0.", "below the 0.900", "conditional risk");
        }
    }

    @Test
    void too_little_evidence_an_old_table_and_a_foreign_model_are_told_apart() {
        assertThat(reasonWith(table("desk-slm", LATER))).isEqualTo(EscalationReason.UNCALIBRATED);
        assertThat(reasonWith(table("desk-slm", LATER, workload("reply", 0.05, null, null))))
                .isEqualTo(EscalationReason.UNCALIBRATED);
        assertThat(reasonWith(table("desk-slm", LATER, workload("reply", 0.10, 0.5, null))))
                .as("fitted for a weaker demand than the policy's 0.05")
                .isEqualTo(EscalationReason.UNCALIBRATED);
        assertThat(reasonWith(table("another-slm", LATER, workload("reply", 0.05, 0.5, null))))
                .isEqualTo(EscalationReason.UNCALIBRATED);
        assertThat(reasonWith(table("desk-slm", NOON, workload("reply", 0.05, 0.5, null))))
                .isEqualTo(EscalationReason.CALIBRATION_EXPIRED);
    }

    private EscalationReason reasonWith(CalibrationTable table) {
        try (CascadeChatModel model =
                calibrated(ScriptedSlm.answering(ScriptedSlm.text("x", 0.999)), table).build()) {
            model.chat(shop.request("x"));
            return escalation(ledger.records().getLast()).reason();
        }
    }

    @Test
    void a_bound_that_audits_disprove_is_suspended_and_nothing_more_is_accepted_on_it() {
        ShadowAudits audits = new ShadowAudits(new AuditSettings(1, 0.05, 0));
        CalibrationTable table = table("desk-slm", LATER, workload("reply", 0.05, 0.5, null));
        try (CascadeChatModel model = calibrated(ScriptedSlm.answering(ScriptedSlm.text("x", 0.999)), table)
                .audits(audits)
                .build()) {
            model.chat(shop.request("x"));
            assertThat(ledger.records().getLast().decision()).isInstanceOf(Accept.class);
            DecisionRecord accepted = ledger.records().getLast();
            for (int i = 0; i < 60; i++) {
                DecisionRecord drawn = DecisionRecord.builder()
                        .id("q" + i)
                        .at(NOON)
                        .workload(accepted.workload())
                        .decision(accepted.decision())
                        .calibration(accepted.calibration())
                        .audit(new DecisionRecord.Audit(1, true, null))
                        .local(accepted.local())
                        .policy("p")
                        .build();
                audits.decided(drawn);
                audits.audited(new AuditRecord(
                        2, "q" + i, NOON, accepted.workload(), 1, false, "big", null, null, 0, 0, 0, 0));
            }
            model.chat(shop.request("x"));
            assertThat(escalation(ledger.records().getLast()).reason()).isEqualTo(EscalationReason.CALIBRATION_SUSPENDED);
            assertThat(escalation(ledger.records().getLast()).detail()).contains("suspended").doesNotContain("\n");
        }
    }

    @Test
    void an_llm_that_is_known_to_fail_too_is_not_paid() {
        CalibrationTable hopeless =
                table("desk-slm", LATER, workload("reply", 0.05, 0.95, new LlmAccuracy(200, 2, null)));
        try (CascadeChatModel model =
                calibrated(ScriptedSlm.answering(ScriptedSlm.text("A try.", 0.6)), hopeless).build()) {
            model.chat(shop.request("x"));
            assertThat(onlyRecord().decision().label()).isEqualTo("accept:REMOTE_NO_BETTER");
            assertThat(escalation(onlyRecord()).reason()).isEqualTo(EscalationReason.LOW_CONFIDENCE);
            assertThat(sentToLlm).isEmpty();
        }
        CalibrationTable worthy =
                table("desk-slm", LATER, workload("reply", 0.05, 0.95, new LlmAccuracy(200, 190, null)));
        try (CascadeChatModel model =
                calibrated(ScriptedSlm.answering(ScriptedSlm.text("A try.", 0.6)), worthy).build()) {
            model.chat(shop.request("x"));
            assertThat(sentToLlm).hasSize(1);
        }
    }

    @Test
    void the_policy_may_refuse_what_nobody_is_likely_to_get_right() {
        CalibrationTable hopeless =
                table("desk-slm", LATER, workload("reply", 0.05, 0.95, new LlmAccuracy(500, 0, null)));
        Policy refusing = Policy.parse(
                "p.yaml", policy().toYaml().replace("when-llm-fails-too: answer-locally", "when-llm-fails-too: refuse")
                        .replace("answer-value-usd: 1", "answer-value-usd: 0.01"));
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(ScriptedSlm.text("A try.", 0.6)))
                .policy(PolicySource.of(new PolicyInForce(refusing, hopeless, null)))
                .build()) {
            assertThatThrownBy(() -> model.chat(shop.request("x")))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(RefusalReason.REMOTE_NO_BETTER));
            assertThat(sentToLlm).isEmpty();
        }
    }

    @Test
    void an_explanation_says_what_would_happen_and_sends_and_writes_nothing() {
        CalibrationTable table = table("desk-slm", LATER, workload("reply", 0.05, 0.9, null));
        try (CascadeChatModel model =
                calibrated(ScriptedSlm.answering(ScriptedSlm.text("x", 0.6)), table).build()) {
            Explanation explanation = model.explain(shop.request("x"), CascadeAttributes.NONE);
            assertThat(explanation.workload().name()).isEqualTo("read");
            assertThat(explanation.decision().label()).isEqualTo("escalate:LOW_CONFIDENCE");
            assertThat(explanation.threshold()).isEqualTo(0.9);
            assertThat(Objects.requireNonNull(explanation.calibrated()).n()).isEqualTo(400);
            assertThat(explanation.expires()).isEqualTo(LATER);
            assertThat(explanation.models()).containsExactly("llm");
            assertThat(explanation.leaseMicroUsd()).isPositive();
            assertThat(explanation.then()).startsWith("the LLM is asked: ").doesNotContain("\n");
        }
        assertThat(sentToLlm).isEmpty();
        assertThat(ledger.entries()).isEmpty();
    }
}
