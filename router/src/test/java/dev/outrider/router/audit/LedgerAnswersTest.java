package dev.outrider.router.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.calibration.Answers;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.LabelledAnswer;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.DecisionRecord.Audit;
import dev.outrider.router.ledger.DecisionRecord.Evidence;
import dev.outrider.router.ledger.DecisionRecordBuilder;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.ShadowRecord;
import dev.outrider.tools.SideEffect;

class LedgerAnswersTest {

    private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");

    private static DecisionRecordBuilder query(String id, double weakest, @Nullable Answer local) {
        return DecisionRecord.builder()
                .id(id)
                .at(NOON)
                .workload("read")
                .local(new DecisionRecord.Local(
                        "desk-slm",
                        null,
                        local,
                        new Evidence(weakest, 0.5, -0.1, -0.4, null, null, 8, 3, 0, 0.1, 0.1),
                        null,
                        10,
                        5,
                        0.1))
                .policy("p-1");
    }

    private static Decision.Escalate because(EscalationReason reason) {
        return new Decision.Escalate(reason, "so");
    }

    private static DecisionRecord escalated(String id, double weakest, String local, @Nullable String remote) {
        Decision.Escalate unsure = because(EscalationReason.LOW_CONFIDENCE);
        return query(id, weakest, new Answer(local, List.of()))
                .decision(unsure)
                .escalation(unsure)
                .remote(new DecisionRecord.Remote(
                        "big-1",
                        remote == null ? null : new Answer(remote, List.of()),
                        null, 1, 1, null, 10, 5, false, 100, 0, 0.5))
                .build();
    }

    private static List<LabelledAnswer> read(List<? extends LedgerEntry> entries) {
        LedgerAnswers answers = new LedgerAnswers(DecisionRecord::workload, AgreementMatcher.EXACT);
        answers.read(entries.stream());
        return answers.answers();
    }

    @Test
    void an_escalated_answer_is_right_when_the_llm_said_the_same() {
        List<LabelledAnswer> read = read(List.of(
                escalated("a", 0.5, "It is lost.", "it is lost"), escalated("b", 0.6, "It is lost.", "It arrived.")));
        assertThat(read).extracting(LabelledAnswer::right).containsExactly(true, false);
        assertThat(read).extracting(LabelledAnswer::cluster).containsExactly("a", "b");
        assertThat(read.getFirst().evidence().minDecisionProbability()).isEqualTo(0.5);
        assertThat(read.getFirst().evidence().sumLogProbability()).isEqualTo(-0.4);
        assertThat(read.getFirst().evidence().toolNameProbability()).isNaN();
    }

    @Test
    void what_had_the_wrong_form_or_no_label_is_left_out() {
        LedgerAnswers answers = new LedgerAnswers(DecisionRecord::workload, AgreementMatcher.EXACT);
        Decision.Escalate malformed = because(EscalationReason.MALFORMED_ANSWER);
        answers.read(List.<LedgerEntry>of(
                query("a", 0.9, null).decision(malformed).escalation(malformed).build(),
                escalated("b", 0.5, "It is lost.", null),
                query("c", 0.9, null).decision(new Decision.Accept(0.9)).build(),
                query("d", 0.9, null).decision(new Decision.Accept(0.9)).audit(new Audit(0.5, true, null)).build())
                .stream());
        assertThat(answers.answers()).isEmpty();
        assertThat(answers.unlabelled()).isEqualTo(2);
    }

    private static ShadowRecord shadow(String id, Decision wouldHave, @Nullable Boolean agreed) {
        return new ShadowRecord(
                DecisionRecord.SCHEMA,
                id,
                NOON,
                "read",
                wouldHave,
                agreed,
                SideEffect.WRITE,
                0.8,
                null,
                Objects.requireNonNull(query(id, 0.7, null).decision(new Decision.Accept(0.7)).build().local()),
                3);
    }

    private static DecisionRecord inShadowMode(String id) {
        Decision.Escalate reason = because(EscalationReason.SHADOW);
        return DecisionRecord.builder()
                .id(id)
                .at(NOON)
                .session("s-" + id)
                .workload("read")
                .decision(reason)
                .escalation(reason)
                .policy("p-1")
                .build();
    }

    @Test
    void answers_in_the_shadow_of_the_llm_are_labelled_whatever_would_have_been_decided() {
        LedgerAnswers answers = new LedgerAnswers(CalibrationTable.By.EFFECT::nameOf, AgreementMatcher.EXACT);
        answers.read(List.<LedgerEntry>of(
                inShadowMode("a"),
                inShadowMode("b"),
                inShadowMode("c"),
                inShadowMode("d"),
                inShadowMode("never ran"),
                shadow("b", because(EscalationReason.LOW_CONFIDENCE), false),
                shadow("a", new Decision.Accept(0.7), true),
                shadow("c", because(EscalationReason.MALFORMED_ANSWER), false),
                shadow("d", new Decision.Accept(0.7), null),
                shadow("of another ledger", new Decision.Accept(0.7), true)).stream());
        assertThat(answers.answers()).extracting(LabelledAnswer::right).containsExactly(false, true);
        assertThat(answers.answers()).extracting(LabelledAnswer::workload).containsOnly("write");
        assertThat(answers.answers()).extracting(LabelledAnswer::cluster).containsExactly("s-b", "s-a");
        assertThat(answers.answers().getFirst().evidence().minDecisionProbability()).isEqualTo(0.7);
        assertThat(answers.unlabelled()).isEqualTo(1);
    }

    @Test
    void sessions_are_clusters() {
        DecisionRecord record = query("a", 0.9, null)
                .session("s-1")
                .decision(new Decision.Accept(0.9))
                .audit(new Audit(0.5, true, true))
                .build();
        assertThat(read(List.of(record)).getFirst().cluster()).isEqualTo("s-1");
    }

    /** Half of all answers are sure; of the sure ones every tenth is audited. The sample must again be half and half. */
    @Test
    void thinning_makes_it_a_plain_sample_of_all_local_answers() {
        long seed = Answers.seed(LedgerAnswersTest.class);
        Random random = new Random(seed);
        List<LedgerEntry> entries = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            String id = "query-" + i;
            if (random.nextBoolean()) {
                entries.add(escalated(id, 0.5, "yes", random.nextDouble() < 0.6 ? "yes" : "no"));
            } else {
                boolean drawn = AuditDraw.draw(id, 0.1).isPresent();
                entries.add(query(id, 0.95, new Answer("yes", List.of()))
                        .decision(new Decision.Accept(0.95))
                        .audit(new Audit(0.1, drawn, null))
                        .build());
                if (drawn) {
                    entries.add(new AuditRecord(
                            DecisionRecord.SCHEMA, id, NOON, "read", 0.1, random.nextDouble() < 0.9, "big-1", null, null, 1, 1, 1,
                            0.1));
                }
            }
        }
        List<LabelledAnswer> sample = read(entries);
        assertThat(sample.size()).as("seed %d", seed).isBetween(1800, 2200);
        double sure = sample.stream().filter(a -> a.evidence().minDecisionProbability() > 0.9).count();
        double right = sample.stream().filter(LabelledAnswer::right).count();
        assertThat(sure / sample.size()).as("seed %d", seed).isCloseTo(0.5, within(0.05));
        assertThat(right / sample.size()).as("seed %d", seed).isCloseTo(0.75, within(0.05));
    }
}
