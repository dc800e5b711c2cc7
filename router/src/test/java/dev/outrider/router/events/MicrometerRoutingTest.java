package dev.outrider.router.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.RefusalReason;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.DecisionRecordBuilder;

class MicrometerRoutingTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MicrometerRouting meters = new MicrometerRouting(registry);

    static DecisionRecordBuilder record(Decision decision) {
        return DecisionRecord.builder()
                .id("q-1")
                .at(Instant.EPOCH)
                .workload("desk")
                .decision(decision)
                .local(new DecisionRecord.Local("slm", null, null, null, null, 40, 3, 0.25))
                .cost(new DecisionRecord.Cost(7, decision instanceof Decision.Accept ? 0 : 7, 0))
                .times(new DecisionRecord.Times(Instant.EPOCH.plusSeconds(2), 2, 0.001, 0))
                .policy("v1");
    }

    static DecisionRecord escalated() {
        return record(new Decision.Escalate(EscalationReason.LOW_CONFIDENCE, "unsure"))
                .remote(new DecisionRecord.Remote("big", null, null, 1, 1, null, 1000, 100, false, 5000, 0, 1.5))
                .cost(new DecisionRecord.Cost(7, 7, 3500))
                .heldMillis(120L)
                .build();
    }

    private double count(String name, String... tags) {
        return registry.get(name).tags(tags).counter().count();
    }

    @Test
    void decisions_are_counted_by_case_reason_and_workload() {
        meters.onDecision(record(new Decision.Accept(0.9)).build());
        meters.onDecision(record(new Decision.Accept(0.9)).build());
        meters.onDecision(escalated());
        meters.onDecision(record(new Decision.Refuse(RefusalReason.NO_REMOTE, "none")).workload(null).build());

        assertThat(count("outrider.queries", "decision", "accept", "reason", "evidence", "workload", "desk")).isEqualTo(2);
        assertThat(count("outrider.queries", "decision", "escalate", "reason", "low-confidence")).isEqualTo(1);
        assertThat(count("outrider.queries", "decision", "refuse", "reason", "no-remote", "workload", "none")).isEqualTo(1);
        assertThat(registry.get("outrider.replaced.share").gauge().value()).isEqualTo(0.5);
    }

    @Test
    void time_money_and_tokens_are_summed_by_tier() {
        meters.onDecision(record(new Decision.Accept(0.9)).build());
        meters.onDecision(escalated());
        assertThat(registry.get("outrider.local").timer().totalTime(TimeUnit.MILLISECONDS)).isEqualTo(500);
        assertThat(registry.get("outrider.remote").timer().totalTime(TimeUnit.MILLISECONDS)).isEqualTo(1500);
        assertThat(registry.get("outrider.decision").timer().count()).isEqualTo(2);
        assertThat(registry.get("outrider.held").timer().totalTime(TimeUnit.MILLISECONDS)).isEqualTo(120);
        assertThat(count("outrider.tokens", "tier", "local", "direction", "input")).isEqualTo(80);
        assertThat(count("outrider.tokens", "tier", "remote", "direction", "output")).isEqualTo(100);
        assertThat(count("outrider.cost", "purpose", "local")).isEqualTo(7e-6);
        assertThat(count("outrider.cost", "purpose", "local-failed")).isEqualTo(7e-6);
        assertThat(count("outrider.cost", "purpose", "remote")).isEqualTo(0.0035);
    }

    @Test
    void every_meter_and_every_tag_stands_in_the_reference() throws IOException {
        meters.onDecision(escalated());
        meters.onRemoteAttempt(new RoutingEvent.RemoteAttempt(
                "q-1", Instant.EPOCH, "big", "FAILED", "TIMEOUT", "did not answer", 10, 0, 5, 60));
        meters.onAudit(new AuditRecord(2, "q-1", Instant.EPOCH, "desk", 0.1, true, "big", null, null, 1, 1, 5, 0.5));
        meters.onBudgetExhausted(new RoutingEvent.BudgetExhausted("q-1", Instant.EPOCH, "day", "nothing left"));
        meters.onDriftAlarm(new RoutingEvent.DriftAlarm(Instant.EPOCH, "desk", "worse than promised"));
        meters.onPolicyReloaded(new RoutingEvent.PolicyReloaded(Instant.EPOCH, "1", "2", null));

        assertThat(count("outrider.remote.attempts", "model", "big", "outcome", "failed", "fault", "timeout")).isEqualTo(1);
        assertThat(count("outrider.audits", "agreed", "true", "workload", "desk")).isEqualTo(1);
        assertThat(count("outrider.budget.exhausted", "budget", "day")).isEqualTo(1);
        assertThat(count("outrider.drift.alarms", "workload", "desk")).isEqualTo(1);
        assertThat(count("outrider.policy.reloads", "result", "taken")).isEqualTo(1);
        String root = System.getProperty("outrider.root");
        String page = Files.readString((root == null ? Path.of("..") : Path.of(root)).resolve("docs/observability.md"));
        List<Meter> all = registry.getMeters();
        assertThat(all).hasSizeGreaterThan(12);
        for (Meter meter : all) {
            assertThat(page).contains("`" + meter.getId().getName() + "`");
            for (Tag tag : meter.getId().getTags()) {
                assertThat(page).contains("`" + tag.getKey() + "`");
            }
        }
    }
}
