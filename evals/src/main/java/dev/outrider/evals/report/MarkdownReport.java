package dev.outrider.evals.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.JudgeUse;
import dev.outrider.evals.stats.Estimate;
import dev.outrider.evals.stats.Frontier;
import dev.outrider.evals.stats.NonInferiority;

/** The report in Markdown, for pull requests and wikis: the figures, without the queries. */
public final class MarkdownReport {

    private final StringBuilder out = new StringBuilder();

    private MarkdownReport() {}

    /** The text. */
    public static String render(ReplacementReport report) {
        MarkdownReport markdown = new MarkdownReport();
        markdown.write(report);
        return markdown.out.toString();
    }

    private void write(ReplacementReport r) {
        Tally t = r.total();
        Statistics s = r.statistics();
        line("# Replacement report: " + text(r.info().title()));
        line("");
        line(text(t.queries() + " queries, " + r.clusters() + " independent tasks, SLM " + r.info().localModel() + ", LLM "
                + r.info().llm().name() + ", policy " + r.info().policy().version() + ", " + r.run().startedAt()));
        Wording.warnings(r).forEach(w -> {
            line("");
            line("> " + text(w));
        });
        r.run().notes().forEach(n -> line("> " + text(n)));
        line("");
        header("figure", "value", "95 % interval");
        row("replacement rate", Wording.percent(t.replacementRate()), Wording.percent(r.replacementRateCi()));
        row("by tokens", Wording.percent(s.all().tokens()), Wording.range(s.all().tokens()));
        row("by money, net", Wording.percent(s.all().money()), Wording.range(s.all().money()));
        if (s.energy() != null) {
            row("by joules, net", Wording.percent(s.all().joules()), Wording.range(s.all().joules()));
        }
        row("answered locally", Wording.percent(t.localShare()), "");
        row("local accuracy", Wording.percent(t.localAccuracy()), Wording.percent(r.localAccuracyCi()));
        row("end accuracy", Wording.percent(t.endAccuracy()), Wording.percent(r.endAccuracyCi()));
        row("SLM alone / LLM alone", Wording.percent(t.allLocalAccuracy()) + " / " + Wording.percent(r.allLlmAccuracy()), "");
        comparison(s);
        row("money", Wording.usd(r.cost().routedMicroUsd()) + " instead of " + Wording.usd(r.cost().llmOnlyMicroUsd()), "");
        row("failed local attempts", s.failedLocal().attempts() + ", " + Wording.usd(s.failedLocal().microUsd()) + ", "
                + Wording.seconds(s.failedLocal().seconds()), "");
        JudgeUse judge = r.run().judge();
        if (judge != null) {
            row("judge, no part of the money above", Wording.usd(judge.microUsd()), Wording.judged(judge));
        }
        if (s.energy() != null) {
            row("energy", Wording.joules(s.energy().local() + s.energy().remote()) + " instead of " + Wording.joules(s.energy().llmOnly()),
                    "");
        }
        if (s.tasks().microUsdPerRight() != null) {
            row("money per right task", Wording.usd(Math.round(s.tasks().microUsdPerRight())), s.tasks().right() + " of " + s.tasks().n()
                    + " tasks right");
        }
        latency("local latency p50 / p95", r.latency().local());
        latency("LLM latency p50 / p95", r.latency().remote());
        latency("whole query p50 / p95", r.latency().query());
        Frontier.Summary f = s.frontier();
        row("APGR, CPT(50 %), CPT(80 %), AIQ", figure(f.apgr()) + ", " + Wording.percent(f.cpt50()) + ", " + Wording.percent(f.cpt80()) + ", "
                + figure(f.aiq()), "");
        row("AURC, ECE", figure(f.aurc()) + ", " + figure(s.ece()), "");
        List<Shares> suites = new ArrayList<>(s.suites());
        if (suites.size() > 1 && s.macro() != null) {
            suites.add(s.macro());
        }
        units("suite", suites);
        units("workload", s.workloads());
        units("kind", s.kinds());
        reasons("Went to the LLM", r.escalated());
        reasons("Got no answer", r.unanswered());
        line("");
        line("The LLM's side: " + text(s.llmBasis()) + ". " + text(Wording.sixtyFortySeventy()));
        Statistics.Energy energy = s.energy();
        if (energy != null) {
            line("");
            line(text(Wording.statedInputs(energy)));
        }
    }

    private void comparison(Statistics s) {
        NonInferiority test = s.nonInferiority();
        if (test != null) {
            row("against the LLM alone", Wording.points(test.difference()), Wording.verdict(test) + ", margin "
                    + Wording.points(test.margin()).substring(1));
        }
        Estimate over = s.overRandom();
        if (s.random() != null) {
            row("end accuracy of a random router of the same share", Wording.percent(s.random()), Wording.range(s.random()));
        }
        if (over != null) {
            row("over a random router of the same share", Wording.points(over.value()), Wording.points(over));
        }
    }

    private void latency(String name, Latency.@Nullable Spread spread) {
        if (spread != null) {
            row(name, Wording.seconds(spread.p50()) + " / " + Wording.seconds(spread.p95()), "");
        }
    }

    private void units(String what, List<Shares> shares) {
        if (shares.isEmpty()) {
            return;
        }
        line("");
        // joules are there for all groups or for none
        boolean joules = shares.stream().anyMatch(x -> x.joules() != null);
        header(joules ? new String[] {what, "queries", "calls", "tokens", "money", "joules"}
                : new String[] {what, "queries", "calls", "tokens", "money"});
        for (Shares x : shares) {
            String[] cells = {x.name(), String.valueOf(x.queries()), both(x.calls()), both(x.tokens()), both(x.money()), both(x.joules())};
            row(joules ? cells : Arrays.copyOf(cells, cells.length - 1));
        }
    }

    private static String both(@Nullable Estimate e) {
        return e == null ? "–" : Wording.percent(e) + " (" + Wording.range(e) + ")";
    }

    private void reasons(String what, Map<String, Integer> reasons) {
        if (!reasons.isEmpty()) {
            line("");
            header(what, "queries", "because");
            reasons.forEach((reason, n) -> row(reason, String.valueOf(n), Wording.reason(reason)));
        }
    }

    private static String figure(@Nullable Double value) {
        return value == null ? "–" : String.format(Locale.ROOT, "%.3f", value);
    }

    private void header(String... cells) {
        row(cells);
        line("|" + " --- |".repeat(cells.length));
    }

    private void row(String... cells) {
        StringBuilder row = new StringBuilder("|");
        for (String cell : cells) {
            row.append(' ').append(text(cell)).append(" |");
        }
        line(row.toString());
    }

    /** Names of cases and models must not become markup. */
    static String text(String plain) {
        return plain.replaceAll("[\\r\\n]+", " ").replaceAll("([\\\\`*_\\[\\]<>|#])", "\\\\$1");
    }

    private void line(String line) {
        out.append(line.stripTrailing()).append('\n');
    }
}
