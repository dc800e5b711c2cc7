package dev.outrider.router.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.calibration.Answers;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.DecisionRecord.Audit;
import dev.outrider.router.ledger.DecisionRecord.Calibrated;
import dev.outrider.router.ledger.LedgerEntry;

class ShadowAuditsTest {

    private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");
    private static final DecisionRecord.Local LOCAL =
            new DecisionRecord.Local("desk-slm", null, null, null, null, 10, 5, 0.1);

    private final ShadowAudits audits = new ShadowAudits(new AuditSettings(0.2, 0.05, 0));

    private static DecisionRecord accepted(String id, String table, double rate, boolean drawn) {
        return record(id, new Decision.Accept(0.9), table, new Audit(rate, drawn, null));
    }

    private static DecisionRecord escalated(String id, String table) {
        return record(id, new Decision.Escalate(EscalationReason.LOW_CONFIDENCE, "unsure"), table, null);
    }

    private static DecisionRecord record(String id, Decision decision, @Nullable String table, @Nullable Audit audit) {
        return DecisionRecord.builder()
                .id(id)
                .at(NOON)
                .workload("read")
                .decision(decision)
                .calibration(table == null ? null : new Calibrated(table, 0.9, "JOINT", 0.1, 0.1, 300))
                .audit(audit)
                .local(LOCAL)
                .policy("p-1")
                .build();
    }

    private static AuditRecord ended(String id, @Nullable Boolean agreed) {
        return new AuditRecord(
                DecisionRecord.SCHEMA, id, NOON.plusSeconds(1), "read", 0.2, agreed, "big-1", null, null, 10, 5, 7, 0.5);
    }

    /** A stream of queries as a cascade would write them; audits end a few queries later. */
    private List<LedgerEntry> traffic(int n, double acceptedShare, double disagreeing, String table, Random random) {
        List<LedgerEntry> entries = new ArrayList<>();
        List<AuditRecord> late = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            String id = table + "-" + i;
            if (random.nextDouble() >= acceptedShare) {
                entries.add(escalated(id, table));
                continue;
            }
            boolean drawn = audits.draw(id, null).isPresent();
            entries.add(accepted(id, table, 0.2, drawn));
            if (drawn) {
                late.add(ended(id, random.nextDouble() >= disagreeing));
            }
            if (late.size() > 3) {
                entries.add(late.removeFirst());
            }
        }
        entries.addAll(late);
        return entries;
    }

    @Test
    void the_estimate_counts_every_accepted_answer_that_could_have_been_drawn() {
        long seed = Answers.seed(ShadowAuditsTest.class);
        audits.replay(traffic(2000, 0.5, 0.04, "t-1", new Random(seed)).stream());
        AuditEstimate estimate = audits.estimate("read");
        assertThat(estimate.accepted()).isBetween(900L, 1100L);
        assertThat(estimate.answered()).isEqualTo(estimate.drawn()).isBetween(150L, 260L);
        assertThat(estimate.low()).isLessThan(0.96);
        assertThat(estimate.high()).isGreaterThan(0.96);
        assertThat(audits.estimates()).hasSize(1);
        assertThat(audits.openAudits()).isZero();
        assertThat(audits.suspensions()).isEmpty();
    }

    @Test
    void drift_suspends_the_bound_and_a_new_table_has_a_new_one() {
        Random random = new Random(Answers.seed(ShadowAuditsTest.class));
        audits.replay(traffic(1000, 0.6, 0.05, "t-1", random).stream());
        assertThat(audits.suspension("read", "t-1")).isEmpty();
        List<LedgerEntry> drifted = traffic(1500, 0.6, 0.6, "t-1", random);
        audits.replay(drifted.stream());
        Suspension suspension = audits.suspension("read", "t-1").orElseThrow();
        assertThat(suspension.inOneLine())
                .startsWith("the bound of workload read (joint risk of at most 0.1, calibration t-1) is suspended since")
                .contains("audits disagreed; fit the workload again with ./outrider calibrate");
        assertThat(audits.suspension("read", "t-2")).isEmpty();
        assertThat(audits.suspension("write", "t-1")).isEmpty();
        audits.replay(traffic(500, 0.6, 0.05, "t-2", random).stream());
        assertThat(audits.suspension("read", "t-2")).isEmpty();
        assertThat(audits.suspension("read", "t-1")).hasValue(suspension);
    }

    @Test
    void what_a_ledger_replays_is_what_was_known_before() {
        Random random = new Random(Answers.seed(ShadowAuditsTest.class));
        List<LedgerEntry> entries = traffic(1000, 0.6, 0.5, "t-1", random);
        audits.replay(entries.stream());
        ShadowAudits again = new ShadowAudits(new AuditSettings(0.2, 0.05, 0));
        again.replay(entries.stream());
        assertThat(again.suspensions()).isEqualTo(audits.suspensions()).isNotEmpty();
        assertThat(again.estimates()).isEqualTo(audits.estimates());
    }

    @Test
    void answers_that_were_taken_for_another_reason_are_audited_but_not_held_against_the_bound() {
        for (int i = 0; i < 100; i++) {
            audits.decided(record(
                    "q" + i, new Decision.Accept(0.3, Decision.Basis.BUDGET_EXHAUSTED), "t-1", new Audit(1, true, null)));
            audits.audited(ended("q" + i, false));
        }
        assertThat(audits.estimate("read").answered()).isEqualTo(100);
        assertThat(audits.suspensions()).isEmpty();
        audits.decided(record("b", new Decision.Accept(0.9), "t-1", null));
        assertThat(audits.estimate("read").accepted()).isEqualTo(100);
    }

    @Test
    void without_a_bound_audits_are_counted_and_nothing_is_suspended() {
        for (int i = 0; i < 200; i++) {
            audits.decided(record("q" + i, new Decision.Accept(0.9), null, new Audit(1, true, null)));
            audits.audited(ended("q" + i, false));
        }
        assertThat(audits.estimate("read").agreed()).isZero();
        assertThat(audits.suspensions()).isEmpty();
    }

    @Test
    void an_llm_that_errs_itself_is_allowed_for() {
        ShadowAudits lenient = new ShadowAudits(new AuditSettings(0.2, 0.05, 0.3));
        ShadowAudits strict = new ShadowAudits(new AuditSettings(0.2, 0.05, 0));
        Random random = new Random(Answers.seed(ShadowAuditsTest.class));
        List<LedgerEntry> entries = traffic(4000, 1, 0.35, "t-1", random);
        lenient.replay(entries.stream());
        strict.replay(entries.stream());
        assertThat(strict.suspensions()).hasSize(1);
        assertThat(lenient.suspensions()).isEmpty();
    }

    @Test
    void audits_that_failed_or_that_nobody_waits_for_change_nothing() {
        audits.decided(accepted("a", "t-1", 0.5, true));
        audits.audited(ended("a", null));
        audits.audited(ended("a", false));
        audits.audited(ended("unknown", false));
        AuditEstimate estimate = audits.estimate("read");
        assertThat(estimate.drawn()).isEqualTo(1);
        assertThat(estimate.answered()).isZero();
    }

    @Test
    void impossible_settings_say_what_is_possible() {
        assertThatThrownBy(() -> new AuditSettings(1.5, 0.05, 0)).hasMessage("rate must be a share between 0 and 1");
        assertThatThrownBy(() -> new AuditSettings(0.5, 0, 0)).hasMessageContaining("false-alarm");
        assertThatThrownBy(() -> new AuditSettings(0.5, 0.05, 1)).hasMessageContaining("llm-error");
    }
}
