package dev.outrider.evals.replay;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.Interval;
import dev.outrider.evals.stats.OffPolicyShare;
import dev.outrider.router.MicroUsd;

/** A replay as a table for a terminal. */
public final class ReplayText {

    private final StringBuilder out = new StringBuilder();

    private ReplayText() {}

    /** The text, with a line end at its end. */
    public static String render(ReplayReport report, List<Gate> gates) {
        ReplayText text = new ReplayText();
        text.write(report, gates);
        return text.out.toString();
    }

    private void write(ReplayReport r, List<Gate> gates) {
        line("Replay of %s under policy %s%s", r.ledger(), r.policy(), r.calibration() == null ? "" : ", calibration " + r.calibration());
        line("%d records%s; %d decided again, no model asked", r.records(),
                r.migrated() == 0 ? "" : " (" + r.migrated() + " of an older form)", r.decided());
        r.undecided().forEach((why, n) -> {
            line("! %d cannot be decided again: %s", n, why.toLowerCase(Locale.ROOT).replace('_', ' '));
            r.examples().getOrDefault(why, List.of()).forEach(e -> line("    %s", e));
        });
        line("");
        line("  %-34s %10s %10s", "", "then", "now");
        row("answered locally", r.before().accepted(), r.after().accepted());
        reasons("escalated", r.before().escalated(), r.after().escalated());
        reasons("refused", r.before().refused(), r.after().refused());
        if (!r.moved().isEmpty()) {
            line("");
            line("  went another way");
            r.moved().forEach((way, n) -> line("    %6d  %s", n, way));
        }
        line("");
        OffPolicyShare.Estimate w = r.wrong();
        figure("replaced", r.replaced(), r.replacedInterval(), "of all, answered locally and right");
        figure("taken and wrong", r.takenWrong(), r.takenWrongInterval(), "of all");
        figure("wrong", w.selfNormalised(), w.interval(), "of the answers taken; by inverse propensity "
                + percent(w.inversePropensity()));
        line("  %-16s %d of %d answers taken were checked, %d checks failed; effective sample %.1f", "evidence", w.seen(),
                w.population(), w.missing(), w.effective());
        if (w.unknown() > 0) {
            line("  %-16s nothing is known about %d of the answers taken; the intervals count them both ways", "unknown", w.unknown());
        }
        ReplayReport.Money m = r.money();
        line("  %-16s then %s, now %s, LLM alone %s (tokens of %d counted, of %d estimated)", "money", MicroUsd.format(m.before()),
                MicroUsd.format(m.after()), MicroUsd.format(m.llmOnly()), m.counted(), r.decided() - m.counted());
        line("");
        int width = r.workloads().stream().mapToInt(x -> x.name().length()).max().orElse(8);
        line("  %-" + Math.max(8, width) + "s %8s %8s %8s %9s %9s", "workload", "queries", "then", "now", "checked", "wrong");
        for (ReplayReport.OfWorkload x : r.workloads()) {
            line("  %-" + Math.max(8, width) + "s %8d %8d %8d %9d %9s", x.name(), x.queries(), x.acceptedBefore(), x.accepted(),
                    x.wrong().seen(), percent(x.wrong().selfNormalised()));
        }
        line("");
        r.notes().forEach(n -> line("  %s", n));
        gates.forEach(g -> line("%s %s: %s", g.passed() ? "PASSED" : "FAILED", g.name(), g.line()));
    }

    private void reasons(String what, Map<String, Long> then, Map<String, Long> now) {
        row(what, then.values().stream().mapToLong(Long::longValue).sum(), now.values().stream().mapToLong(Long::longValue).sum());
        TreeSet<String> all = new TreeSet<>(then.keySet());
        all.addAll(now.keySet());
        all.forEach(reason -> row("  " + reason.toLowerCase(Locale.ROOT).replace('_', ' '), then.getOrDefault(reason, 0L),
                now.getOrDefault(reason, 0L)));
    }

    private void row(String what, long then, long now) {
        line("  %-34s %10d %10d", what, then, now);
    }

    private void figure(String what, @Nullable Double value, @Nullable Interval interval, String remark) {
        line("  %-16s %8s   95 %% interval %s   %s", what, percent(value),
                interval == null ? "–" : percent(interval.low()) + " – " + percent(interval.high()), remark);
    }

    private static String percent(@Nullable Double share) {
        return share == null ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private void line(String format, @Nullable Object... values) {
        out.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
    }
}
