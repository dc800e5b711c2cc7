package dev.outrider.router.policy;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.audit.AuditSettings;
import dev.outrider.router.budget.BudgetRule;
import dev.outrider.router.budget.OnExhausted;
import dev.outrider.router.budget.Scope;
import dev.outrider.router.budget.ThinkingCreditSettings;
import dev.outrider.router.budget.Unit;
import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.ledger.LedgerSettings;
import dev.outrider.router.privacy.Egress;
import dev.outrider.router.privacy.RedactionSettings;
import dev.outrider.router.remote.LocalServerSettings;
import dev.outrider.router.remote.RemoteModelSettings;
import dev.outrider.router.remote.ResilienceSettings;
import dev.outrider.router.remote.ThinkingControl;
import dev.outrider.tools.SideEffect;

/** Policies drawn by chance, all of them possible. */
final class RandomPolicy {

    private static final List<String> WORDS = List.of(
            "a", "on", "null", "1.5", "0x1F", "ü ~ é", "- x", "a: b", "#no", "'quoted'", "\"double\"", "true", "2024-01-01", "{}");

    private final Random chance;

    RandomPolicy(long seed) {
        this.chance = new Random(seed);
    }

    Policy policy() {
        List<Workload> workloads = new ArrayList<>();
        int wanted = chance.nextInt(4);
        for (int i = 0; i < wanted; i++) {
            Workload next = workload("w" + i, match());
            boolean reached = !next.match().equals(Match.ALL)
                    && workloads.stream().noneMatch(w -> next.match().implies(w.match()));
            if (reached) {
                workloads.add(next);
            }
        }
        workloads.add(workload(WORDS.get(chance.nextInt(WORDS.size())) + " rest", Match.ALL));
        return new Policy(
                WORDS.get(chance.nextInt(WORDS.size())),
                new Policy.Models(new Policy.LocalModel(price(), maybe(server())), remotes()),
                maybe(chance.nextBoolean() ? Policy.BUILT_IN : "tables/desk.json"),
                any(SideEffect.class),
                workloads,
                budgets(),
                maybe(new ThinkingCreditSettings(1 + chance.nextInt(9999), new BigDecimal(chance.nextInt(9999)).movePointLeft(3))),
                resilience(),
                new RedactionSettings(chance.nextBoolean() ? List.of("DE", "US") : RedactionSettings.DEFAULTS.phoneRegions()),
                new AuditSettings(chance.nextInt(101) / 100.0, 0.05, chance.nextInt(99) / 100.0),
                new LedgerSettings(chance.nextBoolean(), chance.nextBoolean()));
    }

    Match match() {
        boolean answer = chance.nextBoolean();
        List<String> tools = words();
        return new Match(
                words(),
                words(),
                List.of(),
                tools,
                maybe("(?i)refund .* twice|\\d+"),
                maybe(1 + chance.nextInt(9)),
                List.of(),
                answer ? List.of(any(AnswerEffect.class)) : List.of());
    }

    private Workload workload(String name, Match match) {
        Uncalibrated uncalibrated = any(Uncalibrated.class);
        Then then = any(Then.class);
        Mode mode = then != Then.DECIDE ? Mode.ENFORCE : match.needsAnswer() && chance.nextBoolean() ? Mode.OBSERVE : any(Mode.class);
        if (mode == Mode.SHADOW && match.needsAnswer()) {
            mode = Mode.ENFORCE;
        }
        boolean local = mode == Mode.ENFORCE && then != Then.ESCALATE;
        return new Workload(
                name,
                match,
                then,
                mode,
                new Workload.Demand(
                        chance.nextInt(1, 1000) / 1000.0,
                        any(RiskKind.class),
                        uncalibrated,
                        uncalibrated == Uncalibrated.THRESHOLD ? Double.valueOf(chance.nextInt(1001) / 1000.0) : null),
                local ? any(Egress.class) : chance.nextBoolean() ? Egress.ANY : Egress.REDACTED,
                new Workload.Thinking(match.needsAnswer() ? ThinkingMode.OFF : any(ThinkingMode.class), 1 + chance.nextInt(9999)),
                any(ToolLoops.class),
                new Workload.UnhelpedBy(any(Unhelped.class), any(Unhelped.class), any(SideEffect.class), price()),
                maybe(chance.nextInt(101) / 100.0));
    }

    private LocalServerSettings server() {
        return new LocalServerSettings(
                "http://gpu-1:8000/v1",
                WORDS.get(chance.nextInt(WORDS.size())),
                "KEY",
                duration(1),
                chance.nextBoolean(),
                any(ThinkingControl.class),
                new ResilienceSettings.Breaker(1 + chance.nextInt(100), 10, 1 + chance.nextInt(10), duration(1)));
    }

    private List<RemoteModelSettings> remotes() {
        List<RemoteModelSettings> chain = new ArrayList<>();
        for (int i = chance.nextInt(3); i >= 0; i--) {
            boolean placed = chance.nextBoolean();
            chain.add(new RemoteModelSettings(
                    "llm " + i,
                    price(),
                    price(),
                    1 + chance.nextInt(100_000),
                    placed ? "https://llm" + i + ".example/v1" : null,
                    placed ? "model: " + i : null,
                    "KEY_" + i));
        }
        return chain;
    }

    private List<BudgetRule> budgets() {
        List<BudgetRule> budgets = new ArrayList<>();
        for (int i = chance.nextInt(4); i > 0; i--) {
            budgets.add(new BudgetRule(
                    "b" + i,
                    any(Scope.class),
                    any(Unit.class),
                    chance.nextBoolean() ? chance.nextInt(5) * 1_000_000_000L : chance.nextLong(1_000_000_000_000L),
                    maybe(duration(1000)),
                    any(OnExhausted.class),
                    duration(1),
                    1 + chance.nextInt(1000)));
        }
        return budgets;
    }

    private ResilienceSettings resilience() {
        Duration timeout = duration(10);
        Duration firstWait = duration(0);
        int window = 1 + chance.nextInt(100);
        return new ResilienceSettings(
                timeout,
                timeout.plus(duration(0)),
                1 + chance.nextInt(20),
                firstWait,
                firstWait.plus(duration(0)),
                new ResilienceSettings.Breaker(1 + chance.nextInt(100), window, 1 + chance.nextInt(window), duration(1)),
                maybe(new ResilienceSettings.RateLimit(1 + chance.nextInt(1000), duration(1), duration(0))),
                new ResilienceSettings.Bulkhead(1 + chance.nextInt(100), duration(0)),
                maybe(new ResilienceSettings.Hedging(Duration.ofMillis(1 + chance.nextLong(timeout.toMillis() - 1)))));
    }

    private BigDecimal price() {
        return new BigDecimal(1 + chance.nextInt(100_000)).movePointLeft(chance.nextInt(6));
    }

    private Duration duration(int leastMillis) {
        return Duration.ofMillis(leastMillis + switch (chance.nextInt(3)) {
            case 0 -> chance.nextInt(1000);
            case 1 -> 1000L * chance.nextInt(100);
            default -> 60_000L * chance.nextInt(100);
        });
    }

    private List<String> words() {
        List<String> words = new ArrayList<>();
        for (int i = chance.nextInt(3); i > 0; i--) {
            String word = WORDS.get(chance.nextInt(WORDS.size()));
            if (!words.contains(word)) {
                words.add(word);
            }
        }
        return words;
    }

    private <E extends Enum<E>> E any(Class<E> type) {
        E[] all = type.getEnumConstants();
        return all[chance.nextInt(all.length)];
    }

    private <T> @Nullable T maybe(T value) {
        return chance.nextBoolean() ? value : null;
    }
}
