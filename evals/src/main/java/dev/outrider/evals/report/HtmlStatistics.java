package dev.outrider.evals.report;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.JudgeUse;
import dev.outrider.evals.stats.Estimate;
import dev.outrider.evals.stats.Frontier;
import dev.outrider.evals.stats.NonInferiority;

/** The sections of the page that {@link Statistics} fill. */
final class HtmlStatistics {

    private static final int SIDE = 220;
    private static final int MARGIN = 34;
    private static final int POINTS = 200;

    private final ReplacementReport report;
    private final Statistics s;
    private StringBuilder out = new StringBuilder();

    HtmlStatistics(ReplacementReport report) {
        this.report = report;
        this.s = report.statistics();
    }

    private String section() {
        String text = out.toString();
        out = new StringBuilder();
        return text;
    }

    /** End accuracy against the LLM alone and against chance. */
    String againstLlm() {
        NonInferiority test = s.nonInferiority();
        if (test == null) {
            return "";
        }
        add("<section><h2>As good as the LLM alone?</h2><p><b>" + (test.notInferior() ? "Not inferior" : "Not shown") + "</b> at a margin of "
                + text(Wording.points(test.margin()).substring(1)) + ". The cascade's end accuracy less that of the LLM alone: <b>"
                + text(Wording.points(test.difference())) + "</b>, with 95 % confidence no less than "
                + text(Wording.points(test.lower())) + ".</p>");
        add("<p class=\"hint\">" + test.pairs() + " queries, paired; " + test.onlyCascade() + " only the cascade has right, " + test.onlyLlm()
                + " only the LLM. Resampled by task. The LLM: " + text(s.llmBasis()) + ".</p>");
        Estimate random = s.random();
        Estimate over = s.overRandom();
        if (random != null && over != null) {
            add("<p>A router that sends the same share to the LLM, drawn by chance, would be right on <b>" + Wording.percent(random)
                    + "</b> (" + Wording.range(random) + "); this cascade is " + text(Wording.points(over.value())) + " above it (95 %: "
                    + text(Wording.points(over)) + ").</p>");
        }
        add("</section>");
        return section();
    }

    /** Replaced by calls, tokens, money and joules. */
    String replaced() {
        boolean joules = s.energy() != null;
        add("<section><h2>Replaced by calls, tokens" + (joules ? ", money and joules" : " and money") + "</h2>");
        Shares macro = s.macro();
        add(table(s.suites().size() > 1 && macro != null ? List.of(s.all(), macro) : List.of(s.all()), joules));
        details("by suite", s.suites(), joules);
        details("by workload of the policy", s.workloads(), joules);
        details("by kind of query", s.kinds(), joules);
        add("<p class=\"hint\">Small: 95 % interval, resampled by task. Money and joules are net of all local attempts, failed ones"
                + " included, and negative where these cost more than they save." + (joules ? "" : " No joules: nobody stated what a"
                + " second or a token costs in energy.") + "</p></section>");
        return section();
    }

    private void details(String what, List<Shares> shares, boolean joules) {
        if (!shares.isEmpty()) {
            add("<details><summary>" + shares.size() + " " + what + "</summary>" + table(shares, joules) + "</details>");
        }
    }

    private static String table(List<Shares> shares, boolean joules) {
        String rows = shares.stream()
                .map(x -> "<tr><td>" + text(x.name()) + " <small>n&nbsp;=&nbsp;" + x.queries() + "</small></td>" + cell(x.calls())
                        + cell(x.tokens()) + cell(x.money()) + (joules ? cell(x.joules()) : "") + "</tr>")
                .collect(Collectors.joining("\n"));
        return "<div class=\"wide\"><table class=\"units\"><tr><th></th><th>calls</th><th>tokens</th><th>money</th>"
                + (joules ? "<th>joules</th>" : "") + "</tr>" + rows + "</table></div>";
    }

    private static String cell(@Nullable Estimate e) {
        return "<td><b>" + Wording.percent(e) + "</b><br><small>" + Wording.range(e) + "</small></td>";
    }

    /** What failed attempts, right tasks and energy cost. */
    String costs() {
        add("<section><h2>What it takes</h2><dl class=\"tiles\">");
        Statistics.FailedLocal failed = s.failedLocal();
        tile("failed local attempts", String.valueOf(failed.attempts()), Wording.usd(failed.microUsd()) + " and "
                + Wording.seconds(failed.seconds()) + (failed.joules() == null ? "" : ", " + Wording.joules(failed.joules())) + " for no answer");
        Statistics.Tasks tasks = s.tasks();
        tile("money per right task", tasks.microUsdPerRight() == null ? "–" : Wording.usd(Math.round(tasks.microUsdPerRight())),
                tasks.right() + " of " + Wording.plural(tasks.n(), "task") + " with every query right"
                        + (tasks.llmOnlyMicroUsdPerRight() == null
                                ? ""
                                : "; LLM alone " + Wording.usd(Math.round(tasks.llmOnlyMicroUsdPerRight()))));
        JudgeUse judge = report.run().judge();
        if (judge != null) {
            tile("judge", Wording.usd(judge.microUsd()), Wording.plural(judge.calls(), "call") + ", no part of the other figures");
        }
        Statistics.Energy energy = s.energy();
        if (energy != null) {
            tile("energy", Wording.joules(energy.local() + energy.remote()), "LLM alone " + Wording.joules(energy.llmOnly()) + "; local "
                    + Wording.joules(energy.local()));
        }
        add("</dl>");
        if (judge != null) {
            add("<p class=\"hint\">" + text(Wording.judged(judge)) + ". The judge is asked twice for a reply, in both orders, and is not told"
                    + " which is the reference.</p>");
        }
        if (energy != null) {
            add("<p class=\"hint\">" + text(Wording.statedInputs(energy)) + "</p>");
        }
        add("</section>");
        return section();
    }

    private void tile(String name, String value, String small) {
        add("<div><dt>" + text(name) + "</dt><dd>" + text(value) + "</dd><dd class=\"small\">" + text(small) + "</dd></div>");
    }

    /** Frontier, reliability, risk and coverage. */
    String curves() {
        Frontier.Summary f = s.frontier();
        if (f.points().isEmpty() && s.reliability().isEmpty()) {
            return "";
        }
        add("<section><h2>What other thresholds would have given</h2><div class=\"charts\">");
        if (!f.points().isEmpty()) {
            frontier(f);
        }
        if (!f.risks().isEmpty()) {
            risks(f);
        }
        if (!s.reliability().isEmpty()) {
            reliability();
        }
        add("</div>");
        if (!f.points().isEmpty()) {
            add("<p>" + figure("APGR", f.apgr()) + " · " + share("CPT(50 %)", f.cpt50()) + " · " + share("CPT(80 %)", f.cpt80()) + " · "
                    + figure("AIQ", f.aiq()) + " · " + figure("AURC", f.aurc()) + " · " + figure("ECE", s.ece()) + "</p>");
            add("<p class=\"hint\">From everything to the LLM to everything local, by the SLM's probability of being right. APGR: mean of the"
                    + " gap between SLM and LLM that is recovered; CPT(x): smallest share of LLM calls that recovers x of it (RouteLLM);"
                    + " AIQ: area under the hull of quality over cost (RouterBench); AURC: mean risk over coverage; ECE: mean distance of"
                    + " probability and share right. The LLM: " + text(s.llmBasis()) + "."
                    + (f.apgr() == null ? " APGR and CPT need an LLM that is better than the SLM." : "") + "</p>");
        }
        add("</section>");
        return section();
    }

    private static String figure(String name, @Nullable Double value) {
        return name + " <b>" + (value == null ? "–" : String.format(Locale.ROOT, "%.3f", value)) + "</b>";
    }

    private static String share(String name, @Nullable Double value) {
        return name + " <b>" + Wording.percent(value) + "</b>";
    }

    private void frontier(Frontier.Summary f) {
        double most = f.points().stream().mapToDouble(Frontier.Point::cost).max().orElse(1);
        double low = Math.max(0, Math.floor(10 * f.points().stream().mapToDouble(Frontier.Point::quality).min().orElse(0)) / 10 - 0.05);
        Function<Double, Double> y = q -> (q - low) / (1 - low + 1e-9);
        double full = most <= 0 ? 1 : most;
        open(String.format(Locale.ROOT, "Cost and quality; from %.0f %% up", 100 * low), "money, up to " + Wording.usd(Math.round(most)),
                "right in the end");
        curve(JsonStatistics.thinned(f.points(), POINTS).stream()
                .map(p -> new double[] {p.cost() / full, y.apply(p.quality())}).toList(), "var(--mr)");
        double cost = report.cost().routedMicroUsd() / full;
        Double end = report.total().endAccuracy();
        if (end != null && cost <= 1) {
            dot(cost, y.apply(end), 5, "lr", "this cascade: " + Wording.usd(report.cost().routedMicroUsd()) + ", " + Wording.percent(end));
        }
        add("</svg>");
    }

    private void risks(Frontier.Summary f) {
        double top = Math.max(0.05, f.risks().stream().mapToDouble(Frontier.Risk::risk).max().orElse(0));
        open(String.format(Locale.ROOT, "Risk and coverage; up to %.0f %% wrong", 100 * top), "share taken locally", "wrong among them");
        curve(JsonStatistics.thinned(f.risks(), POINTS).stream().map(r -> new double[] {r.coverage(), r.risk() / top}).toList(), "var(--lw)");
        Double local = report.total().localShare();
        Double accuracy = report.total().localAccuracy();
        if (local != null && accuracy != null) {
            dot(local, Math.min(1, (1 - accuracy) / top), 5, "lr", "this cascade: " + Wording.percent(local) + " taken, "
                    + Wording.percent(1 - accuracy) + " of them wrong");
        }
        add("</svg>");
    }

    private void reliability() {
        long most = s.reliability().stream().mapToLong(Statistics.Reliability::n).max().orElse(1);
        open("Reliability; larger where more answers are", "probability of being right", "share that is right");
        add(String.format(Locale.ROOT, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"var(--line)\" stroke-width=\"1.5\"/>",
                x(0), y(0), x(1), y(1)));
        for (Statistics.Reliability b : s.reliability()) {
            dot(b.probability(), b.right(), 2 + 7 * Math.sqrt((double) b.n() / most), "lr", String.format(
                    Locale.ROOT, "%d answers, probability %.3f, right %.3f", b.n(), b.probability(), b.right()));
        }
        add("</svg>");
    }

    private void curve(List<double[]> points, String colour) {
        String path = points.stream()
                .map(p -> String.format(Locale.ROOT, "%.1f,%.1f", x(p[0]), y(p[1])))
                .collect(Collectors.joining(" "));
        add("<polyline fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\" points=\"" + path + "\"/>");
    }

    private void dot(double x, double y, double radius, String css, String title) {
        add(String.format(Locale.ROOT,
                "<circle class=\"%s\" fill-opacity=\".85\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%s</title></circle>",
                css, x(x), y(y), radius, text(title)));
    }

    private void open(String label, String below, String beside) {
        int all = SIDE + 2 * MARGIN;
        add("<svg class=\"chart\" role=\"img\" viewBox=\"0 0 " + all + " " + all + "\" aria-label=\"" + text(label)
                + "\" font-size=\"10\" fill=\"var(--soft)\">");
        add("<rect x=\"" + MARGIN + "\" y=\"" + MARGIN + "\" width=\"" + SIDE + "\" height=\"" + SIDE
                + "\" fill=\"none\" stroke=\"var(--line)\"/>");
        add("<text x=\"" + MARGIN + "\" y=\"" + (MARGIN - 12) + "\">" + text(label) + "</text>");
        add("<text x=\"" + (MARGIN + SIDE / 2) + "\" y=\"" + (all - 8) + "\" text-anchor=\"middle\">" + text(below) + "</text>");
        add("<text transform=\"translate(12 " + (MARGIN + SIDE / 2) + ") rotate(-90)\" text-anchor=\"middle\">" + text(beside) + "</text>");
    }

    private static double x(double share) {
        return MARGIN + share * SIDE;
    }

    private static double y(double share) {
        return MARGIN + (1 - share) * SIDE;
    }

    private static String text(String plain) {
        return Html.text(plain);
    }

    private void add(String html) {
        out.append(html).append('\n');
    }
}
