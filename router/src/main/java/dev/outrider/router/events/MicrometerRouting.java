package dev.outrider.router.events;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * Meters of a cascade for Micrometer; {@code docs/observability.md} lists their names. Needs {@code
 * io.micrometer:micrometer-core} on the class path, which the router does not bring. Tenants and sessions are no tags:
 * there are too many of them.
 */
public final class MicrometerRouting implements RoutingListener {

    private static final String NONE = "none";

    private final MeterRegistry registry;
    private final LongAdder queries = new LongAdder();
    private final LongAdder replaced = new LongAdder();

    public MicrometerRouting(MeterRegistry registry) {
        this.registry = registry;
        registry.gauge("outrider.replaced.share", this, MicrometerRouting::replacedShare);
    }

    private double replacedShare() {
        long all = queries.sum();
        return all == 0 ? 0 : replaced.sum() / (double) all;
    }

    @Override
    public void onDecision(DecisionRecord record) {
        queries.increment();
        if (record.answeredLocally()) {
            replaced.increment();
        }
        String workload = record.workload() == null ? NONE : record.workload();
        registry.counter(
                        "outrider.queries",
                        "decision", caseOf(record.decision()),
                        "reason", reasonOf(record),
                        "mode", record.mode().name().toLowerCase(Locale.ROOT),
                        "workload", workload)
                .increment();
        DecisionRecord.Local local = record.local();
        if (local != null) {
            time("outrider.local", local.seconds(), Tags.of("model", local.model(), "workload", workload));
            tokens("local", local.inputTokens(), local.outputTokens());
        }
        DecisionRecord.Remote remote = record.remote();
        if (remote != null) {
            time("outrider.remote", remote.seconds(), Tags.of("model", remote.model(), "workload", workload));
            tokens("remote", remote.inputTokens(), remote.outputTokens());
        }
        DecisionRecord.Times times = record.times();
        if (times != null) {
            time("outrider.decision", times.decisionSeconds(), Tags.of("workload", workload));
        }
        if (record.heldMillis() != null) {
            time("outrider.held", record.heldMillis() / 1e3, Tags.of("workload", workload));
        }
        DecisionRecord.Cost cost = record.cost();
        money("local", cost.localMicroUsd() - cost.failedLocalMicroUsd());
        money("local-failed", cost.failedLocalMicroUsd());
        money("remote", cost.remoteMicroUsd());
    }

    @Override
    public void onRemoteAttempt(RoutingEvent.RemoteAttempt attempt) {
        registry.counter(
                        "outrider.remote.attempts",
                        "model", attempt.model(),
                        "outcome", word(attempt.outcome()),
                        "fault", word(attempt.fault()))
                .increment();
    }

    @Override
    public void onAudit(AuditRecord audit) {
        String agreed = audit.agreed() == null ? "unknown" : audit.agreed().toString();
        registry.counter(
                        "outrider.audits",
                        "agreed", agreed,
                        "workload", audit.workload() == null ? NONE : audit.workload())
                .increment();
        tokens("audit", audit.inputTokens(), audit.outputTokens());
        money("audit", audit.microUsd());
    }

    @Override
    public void onBudgetExhausted(RoutingEvent.BudgetExhausted exhausted) {
        registry.counter("outrider.budget.exhausted", "budget", exhausted.budget()).increment();
    }

    @Override
    public void onDriftAlarm(RoutingEvent.DriftAlarm alarm) {
        registry.counter("outrider.drift.alarms", "workload", alarm.workload()).increment();
    }

    @Override
    public void onPolicyReloaded(RoutingEvent.PolicyReloaded reloaded) {
        registry.counter("outrider.policy.reloads", "result", reloaded.error() == null ? "taken" : "refused")
                .increment();
    }

    private static String caseOf(Decision decision) {
        return switch (decision) {
            case Decision.Accept a -> "accept";
            case Decision.Escalate e -> "escalate";
            case Decision.Refuse r -> "refuse";
        };
    }

    private static String reasonOf(DecisionRecord record) {
        return word(switch (record.decision()) {
            case Decision.Accept a -> a.basis().name();
            case Decision.Escalate e -> e.reason().name();
            case Decision.Refuse r -> r.reason().name();
        });
    }

    private static String word(@Nullable String constant) {
        return constant == null ? NONE : constant.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void time(String name, double seconds, Tags tags) {
        Timer.builder(name)
                .tags(tags)
                .publishPercentileHistogram()
                .register(registry)
                .record(Math.round(seconds * 1e9), TimeUnit.NANOSECONDS);
    }

    private void tokens(String tier, long input, long output) {
        registry.counter("outrider.tokens", "tier", tier, "direction", "input").increment(input);
        registry.counter("outrider.tokens", "tier", tier, "direction", "output").increment(output);
    }

    private void money(String purpose, long microUsd) {
        Counter.builder("outrider.cost")
                .baseUnit("usd")
                .tag("purpose", purpose)
                .register(registry)
                .increment(microUsd / 1e6);
    }
}
