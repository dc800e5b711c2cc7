package dev.outrider.evals.report;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.stats.Estimate;
import dev.outrider.evals.stats.NonInferiority;

/** The report as a table for terminals, at most 100 columns wide; colours only when told. */
public final class TextReport {

    private static final int BAR = 24;

    private final boolean colours;
    private final StringBuilder out = new StringBuilder();

    private TextReport(boolean colours) {
        this.colours = colours;
    }

    /** The table. */
    public static String render(ReplacementReport report, boolean colours) {
        TextReport text = new TextReport(colours);
        text.write(report);
        return text.out.toString();
    }

    private void write(ReplacementReport report) {
        EvalRun run = report.run();
        Tally total = report.total();
        line(bold("Replacement report: " + report.info().title()));
        line(dim(head(report)));
        for (String warning : Wording.warnings(report)) {
            wrapped("! ", warning, text -> paint(YELLOW, text));
        }
        for (String note : run.notes()) {
            line(dim("- " + note));
        }
        line("");
        count("queries", total.queries(), total.queries(), "");
        count("answered locally", total.answeredLocally(), total.queries(), "");
        count("  right", total.answeredLocallyRight(), total.queries(), GREEN);
        count("  wrong", total.answeredLocally() - total.answeredLocallyRight(), total.queries(), RED);
        count("escalated to the LLM", total.escalated(), total.queries(), "");
        reasons(report.escalated(), total.queries());
        if (total.unanswered() > 0) {
            count("not answered", total.unanswered(), total.queries(), "");
            reasons(report.unanswered(), total.queries());
        }
        line("");
        figure(bold("replacement rate"), bold(Wording.percent(total.replacementRate())),
                "95 % interval " + Wording.percent(report.replacementRateCi()) + ", by task: answered locally and right");
        if (report.suites().size() > 1) {
            Shares macro = report.statistics().macro();
            figure("mean of suites", Wording.percent(report.macroReplacementRate()), "95 % interval " + Wording.range(
                    macro == null ? null : macro.calls()) + ", over " + report.suites().size() + " suites");
        }
        figure("local accuracy", Wording.percent(total.localAccuracy()), "right among those answered locally");
        figure("end accuracy", Wording.percent(total.endAccuracy()), "whoever answered; all local "
                + Wording.percent(total.allLocalAccuracy()) + ", all LLM " + Wording.percent(report.allLlmAccuracy()));
        figure("call / no call", Wording.percent(report.calls().replacementRate()) + " / "
                + Wording.percent(report.noCalls().replacementRate()), "replacement rate of " + report.calls().queries() + " and "
                + report.noCalls().queries() + " queries");
        if (!run.tasks().isEmpty()) {
            long right = run.tasks().stream().filter(EvalRun.TaskResult::right).count();
            figure("tasks done right", right + " of " + run.tasks().size(), "every step, and the database as it should be");
        }
        Cost cost = report.cost();
        figure("money", Wording.usd(cost.routedMicroUsd()), "LLM alone " + Wording.usd(cost.llmOnlyMicroUsd()) + ", saved "
                + Wording.percent(cost.savedShare()) + "; failed local attempts " + Wording.usd(cost.failedLocalMicroUsd()));
        if (run.judge() != null) {
            figure("judge", Wording.usd(run.judge().microUsd()), Wording.plural(run.judge().calls(), "call") + ", no part of the money above");
            wrapped("  ", Wording.judged(run.judge()) + ".", this::dim);
        }
        statistics(report.statistics());
        figure("latency p50 / p95", spread(report.latency().local()), "local; LLM " + spread(report.latency().remote()));
        figure("time", Wording.seconds(run.seconds()), "the whole run");
        Statistics.Energy energy = report.statistics().energy();
        if (energy != null) {
            wrapped("  ", Wording.statedInputs(energy), this::dim);
        }
        if (report.categories().size() > 1) {
            line("");
            table(report);
        }
        line("");
    }

    private void statistics(Statistics s) {
        NonInferiority test = s.nonInferiority();
        if (test != null) {
            figure("against LLM alone", Wording.points(test.difference()), Wording.verdict(test) + ", margin "
                    + Wording.points(test.margin()).substring(1) + (test.assumed() > 0 ? "; LLM unknown on " + test.assumed() : ""));
        }
        Estimate over = s.overRandom();
        if (over != null) {
            figure("over random router", Wording.points(over.value()), "end accuracy at the same share; 95 % interval "
                    + Wording.points(over));
        }
        figure("replaced by tokens", Wording.percent(s.all().tokens()), "by money " + Wording.percent(s.all().money())
                + (s.energy() == null ? "" : ", by joules " + Wording.percent(s.all().joules())) + ", net of all local attempts");
        Statistics.Energy energy = s.energy();
        if (energy != null) {
            figure("energy", Wording.joules(energy.local() + energy.remote()), "LLM alone " + Wording.joules(energy.llmOnly())
                    + ", failed local attempts " + Wording.joules(Objects.requireNonNullElse(s.failedLocal().joules(), 0.0)));
        }
        if (s.tasks().microUsdPerRight() != null) {
            figure("money per right task", Wording.usd(Math.round(s.tasks().microUsdPerRight())), s.tasks().right() + " of "
                    + Wording.plural(s.tasks().n(), "task") + " right" + (s.tasks().llmOnlyMicroUsdPerRight() == null
                            ? "" : "; LLM alone " + Wording.usd(Math.round(s.tasks().llmOnlyMicroUsdPerRight()))));
        }
    }

    private static String head(ReplacementReport report) {
        return report.total().queries() + " queries, " + report.clusters() + " independent tasks, "
                + (report.info().mode() == RunInfo.Mode.TASKS ? "live" : "recorded conversations") + ", SLM "
                + report.info().localModel() + ", LLM " + report.info().llm().name() + (report.info().llm().replayedFrom() == null ? "" : " (replayed)");
    }

    private void reasons(Map<String, Integer> reasons, int queries) {
        reasons.forEach((reason, n) -> count("  " + reason.toLowerCase(Locale.ROOT).replace('_', ' '), n, queries, ""));
    }

    private void table(ReplacementReport report) {
        int width = report.categories().stream().mapToInt(t -> t.name().length()).max().orElse(10);
        width = Math.min(Math.max(width, 10), 44);
        line(dim(pad("by category", width) + "  queries   local   right  replaced  local acc.  end acc."));
        for (Tally t : report.categories()) {
            String name = t.name().length() > width ? t.name().substring(0, width - 1) + "…" : t.name();
            line(pad(name, width) + String.format(
                    Locale.ROOT,
                    "  %7d %7d %7d  %8s  %10s  %8s",
                    t.queries(),
                    t.answeredLocally(),
                    t.answeredLocallyRight(),
                    Wording.percent(t.replacementRate()),
                    Wording.percent(t.localAccuracy()),
                    Wording.percent(t.endAccuracy())));
        }
    }

    private void count(String what, int n, int of, String colour) {
        Double share = of == 0 ? null : (double) n / of;
        int filled = share == null ? 0 : (int) Math.round(share * BAR);
        String bar = paint(colour, "#".repeat(filled)) + dim(".".repeat(BAR - filled));
        line("  " + pad(what, 24) + String.format(Locale.ROOT, "%6d  %8s  ", n, Wording.percent(share)) + bar);
    }

    private void figure(String what, String value, String remark) {
        line("  " + padVisible(what, 20) + " " + padVisible(value, 17) + " " + dim(remark));
    }

    private static String spread(Latency.@Nullable Spread spread) {
        return spread == null ? "–" : Wording.seconds(spread.p50()) + " / " + Wording.seconds(spread.p95());
    }

    private void wrapped(String first, String text, UnaryOperator<String> style) {
        StringBuilder at = new StringBuilder(first);
        for (String word : text.split(" ", -1)) {
            if (at.length() + word.length() > 98) {
                line(style.apply(at.toString().stripTrailing()));
                at = new StringBuilder("  ");
            }
            at.append(word).append(' ');
        }
        line(style.apply(at.toString().stripTrailing()));
    }

    private void line(String text) {
        out.append(text.stripTrailing()).append('\n');
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static String padVisible(String text, int width) {
        int visible = text.replaceAll("\u001b\\[[0-9;]*m", "").length();
        return text + " ".repeat(Math.max(0, width - visible));
    }

    private static final String GREEN = "32";
    private static final String RED = "31";
    private static final String YELLOW = "33";

    private String bold(String text) {
        return paint("1", text);
    }

    private String dim(String text) {
        return paint("2", text);
    }

    private String paint(String code, String text) {
        return colours && !code.isEmpty() && !text.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
