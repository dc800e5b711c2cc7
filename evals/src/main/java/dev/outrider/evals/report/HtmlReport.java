package dev.outrider.evals.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.run.RunInfo;

/** The report as one HTML file that opens offline: charts, reasons with examples, every query. */
public final class HtmlReport {

    private static final int EXAMPLES = 8;
    private static final int WRONG_SHOWN = 60;
    private static final int ROWS_SHOWN = 1500;
    private static final int BARS_SHOWN = 14;

    private final ReplacementReport report;
    private final StringBuilder out = new StringBuilder();

    private HtmlReport(ReplacementReport report) {
        this.report = report;
    }

    /** The page. */
    public static String render(ReplacementReport report) {
        HtmlReport html = new HtmlReport(report);
        html.page();
        return html.out.toString();
    }

    private void page() {
        String title = "Replacement report: " + report.info().title();
        add("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        add("<meta name=\"generator\" content=\"Outrider\"><title>" + Html.text(title) + "</title>");
        add("<style>\n" + css() + "</style></head><body><main>");
        header();
        hero();
        decisions();
        rates();
        HtmlStatistics statistics = new HtmlStatistics(report);
        out.append(statistics.againstLlm()).append(statistics.replaced());
        tasks();
        money();
        out.append(statistics.costs());
        confidence();
        out.append(statistics.curves());
        latency();
        escalations();
        wrongLocals();
        breakdown();
        everyQuery();
        footer();
        add("</main></body></html>");
    }

    private void header() {
        EvalRun run = report.run();
        add("<header><p class=\"brand\">Outrider</p><h1>Replacement report <span>" + Html.text(report.info().title()) + "</span></h1>");
        String when = DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
                .withZone(ZoneOffset.UTC)
                .format(run.startedAt());
        add("<p class=\"meta\">" + Html.text(String.join(" · ",
                when,
                report.info().mode() == RunInfo.Mode.TASKS ? "live agent runs on a real database" : "recorded conversations",
                "SLM " + report.info().localModel(),
                "LLM " + report.info().llm().name(),
                "policy " + report.info().policy().version(),
                Wording.seconds(run.seconds()))) + "</p>");
        Wording.warnings(report).forEach(w -> add("<p class=\"banner\">" + Html.text(w) + "</p>"));
        run.notes().forEach(n -> add("<p class=\"note\">" + Html.text(n) + "</p>"));
        add("</header>");
    }

    private void hero() {
        Tally t = report.total();
        add("<section class=\"hero\"><div><p class=\"big\">" + Wording.percent(t.replacementRate()) + "</p>");
        add("<p class=\"of\">of " + t.queries() + " LLM queries replaced: answered inside the JVM, <em>and right</em>.</p></div>");
        add("<div class=\"ci-row\">"
                + Charts.interval(t.replacementRate(), report.replacementRateCi(), "replacement rate with its interval")
                + "<p>95 % interval " + Wording.percent(report.replacementRateCi()) + ", "
                + (report.replacementRateCi() == null ? "" : Html.text(report.replacementRateCi().method())) + "</p></div>");
        add("<dl class=\"tiles\">");
        tile("answered locally", Wording.percent(t.localShare()), t.answeredLocally() + " of " + t.queries());
        tile("local accuracy", Wording.percent(t.localAccuracy()), "95 %: " + Wording.percent(report.localAccuracyCi()));
        tile("end accuracy", Wording.percent(t.endAccuracy()), "95 %: " + Wording.percent(report.endAccuracyCi()));
        tile("money saved", Wording.percent(report.cost().savedShare()), Wording.usd(report.cost().routedMicroUsd()) + " instead of "
                + Wording.usd(report.cost().llmOnlyMicroUsd()));
        add("</dl></section>");
    }

    private void tile(String name, String value, String small) {
        add("<div><dt>" + Html.text(name) + "</dt><dd>" + Html.text(value) + "</dd><dd class=\"small\">" + Html.text(small) + "</dd></div>");
    }

    private void decisions() {
        add("<section><h2>What became of every query</h2>");
        List<Charts.Part> parts = new ArrayList<>();
        StringBuilder legend = new StringBuilder("<ul class=\"legend\">");
        for (Charts.Kind kind : Charts.Kind.values()) {
            long n = report.headline().stream().filter(r -> Charts.Kind.of(r) == kind).count();
            parts.add(new Charts.Part(n, kind.css, kind.label + ": " + n));
            legend.append("<li><i class=\"").append(kind.css).append("\"></i>").append(kind.label).append(" <b>").append(n)
                    .append("</b></li>");
        }
        add("<div class=\"thick\">" + Charts.bar(parts, report.total().queries(), "decisions") + "</div>");
        add(legend.append("</ul>").toString());
        String squares = Charts.squares(report.headline());
        if (!squares.isEmpty()) {
            add(squares + "<p class=\"hint\">Every query is a square; point at one to read it.</p>");
        }
        add("</section>");
    }

    private void rates() {
        add("<section><h2>Replacement rate</h2><div class=\"rows\">");
        rate("all queries", report.total(), r -> true);
        rate("a call is right", report.calls(), QueryResult::expectsCall);
        rate("no call is right", report.noCalls(), r -> !r.expectsCall());
        List<Tally> parts = report.categories().size() > 1 ? report.categories() : List.of();
        for (Tally t : parts.subList(0, Math.min(BARS_SHOWN, parts.size()))) {
            rate(t.name(), t, r -> t.name().equals(r.suite() + " / " + r.category()));
        }
        add("</div>");
        if (report.suites().size() > 1) {
            add("<p>Mean over the " + report.suites().size() + " suites: <b>" + Wording.percent(report.macroReplacementRate()) + "</b></p>");
        }
        add("<p class=\"hint\">Bars are 95 % intervals, resampled by task. " + Html.text(Wording.sixtyFortySeventy()) + "</p>");
        add("<table class=\"ends\"><caption>Right answers, whoever gives them</caption><tr><th>SLM alone</th><th>this cascade</th>"
                + "<th>LLM alone</th></tr><tr><td>" + Wording.percent(report.total().allLocalAccuracy()) + "</td><td>"
                + Wording.percent(report.total().endAccuracy()) + "</td><td>" + Wording.percent(report.allLlmAccuracy())
                + "</td></tr><tr class=\"small\"><td>every proposal taken</td><td></td><td>" + Html.text(report.allLlmBasis())
                + "</td></tr></table></section>");
    }

    private void rate(String name, Tally tally, java.util.function.Predicate<QueryResult> of) {
        row(name, Charts.interval(tally.replacementRate(), report.replacementRateCi(of), name), Wording.percent(tally.replacementRate()),
                "n = " + tally.queries());
    }

    private void row(String name, String chart, String value, String small) {
        add("<div class=\"row\"><span class=\"name\">" + Html.text(name) + "</span>" + chart + "<span class=\"value\">" + Html.text(value)
                + " <small>" + Html.text(small) + "</small></span></div>");
    }

    private void tasks() {
        List<EvalRun.TaskResult> tasks = report.run().tasks();
        if (tasks.isEmpty()) {
            return;
        }
        long right = tasks.stream().filter(EvalRun.TaskResult::right).count();
        add("<section><h2>Whole tasks</h2><p>The agent did <b>" + right + " of " + tasks.size()
                + "</b> tasks right: every step as the gold answers have it, and the database as it should be afterwards.</p>");
        add("<details><summary>" + tasks.size() + " tasks</summary><div class=\"scroll\"><table><tr><th>task</th><th>run</th>"
                + "<th>steps</th><th>database</th><th>what the agent said</th></tr>");
        for (EvalRun.TaskResult t : tasks) {
            add("<tr><td>" + Html.text(t.task()) + "</td><td>" + Html.text(t.outcome().toLowerCase(Locale.ROOT)) + "</td><td>"
                    + mark(t.stepsRight()) + "</td><td>" + mark(t.stateRight()) + "</td><td>" + Html.text(t.finalText()) + "</td></tr>");
        }
        add("</table></div></details></section>");
    }

    private void money() {
        Cost cost = report.cost();
        double full = Math.max(1, Math.max(cost.llmOnlyMicroUsd(), cost.routedMicroUsd()));
        add("<section><h2>Money</h2><div class=\"rows\">");
        row("LLM alone", Charts.bar(List.of(new Charts.Part(cost.llmOnlyMicroUsd(), "mr", "LLM alone")), full, "LLM alone"),
                Wording.usd(cost.llmOnlyMicroUsd()), "");
        List<Charts.Part> parts = List.of(
                new Charts.Part(cost.remoteMicroUsd(), "mr", "LLM " + Wording.usd(cost.remoteMicroUsd())),
                new Charts.Part(cost.localMicroUsd() - cost.failedLocalMicroUsd(), "lr",
                        "local answers " + Wording.usd(cost.localMicroUsd() - cost.failedLocalMicroUsd())),
                new Charts.Part(cost.failedLocalMicroUsd(), "lw", "failed local attempts " + Wording.usd(cost.failedLocalMicroUsd())));
        row("this cascade", Charts.bar(parts, full, "this cascade"), Wording.usd(cost.routedMicroUsd()),
                "saved " + Wording.percent(cost.savedShare()));
        add("</div><p class=\"hint\">LLM " + Wording.usd(cost.remoteMicroUsd()) + ", local " + Wording.usd(cost.localMicroUsd())
                + ", of which failed attempts " + Wording.usd(cost.failedLocalMicroUsd()) + ". LLM alone: " + Html.text(cost.basis()) + ", at $"
                + report.info().policy().models().remote().getFirst().usdPerMillionInputTokens().toPlainString() + " / $"
                + report.info().policy().models().remote().getFirst().usdPerMillionOutputTokens().toPlainString()
                + " per million tokens; local: $" + report.info().policy().models().local().usdPerHour().toPlainString()
                + " per hour.</p></section>");
    }

    private void confidence() {
        int most = report.confidence().stream().mapToInt(ConfidenceBin::n).max().orElse(0);
        if (most == 0) {
            return;
        }
        add("<section><h2>Does the SLM know when it is right?</h2><div class=\"rows\">");
        for (ConfidenceBin b : report.confidence()) {
            List<Charts.Part> parts = List.of(
                    new Charts.Part(b.right(), "lr", "right: " + b.right()), new Charts.Part(b.wrong(), "lw", "wrong: " + b.wrong()));
            String name = edge(b.from()) + " – " + edge(b.to());
            row(name, Charts.bar(parts, most, name), String.valueOf(b.n()), b.n() == 0 ? "" : "right "
                    + Wording.percent((double) b.right() / b.n()));
        }
        add("</div><p class=\"hint\">Its proposals, taken or not, by the probability of the least certain decision token.</p></section>");
    }

    private static String edge(double edge) {
        return String.format(Locale.ROOT, edge * 100 % 10 == 0 ? "%.1f" : "%.2f", edge);
    }

    private void latency() {
        Latency.Spread local = report.latency().local();
        Latency.Spread remote = report.latency().remote();
        Latency.Spread query = report.latency().query();
        double full = Stream.of(local, remote, query).filter(Objects::nonNull).mapToDouble(Latency.Spread::p95).max().orElse(0);
        if (full <= 0) {
            return;
        }
        add("<section><h2>Waiting</h2><div class=\"rows\">");
        spread("SLM, in process", local, full, "lr");
        spread("LLM, over HTTP", remote, full, "mr");
        spread("whole query", query, full, "no");
        add("</div><p class=\"hint\">Dark: half of the answers are there within it (p50); pale: 95 % of them (p95).</p></section>");
    }

    private void spread(String name, Latency.@Nullable Spread spread, double full, String css) {
        if (spread != null) {
            row(name, Charts.spread(spread, full, css, name), Wording.seconds(spread.p50()), "p95 " + Wording.seconds(spread.p95()));
        }
    }

    private void escalations() {
        add("<section><h2>Why the SLM's answer was not taken</h2>");
        reasons(report.escalated(), "went to the LLM", r -> r.route() == Route.REMOTE);
        reasons(report.unanswered(), "got no answer", r -> r.route() != Route.REMOTE && r.route() != Route.LOCAL);
        if (report.escalated().isEmpty() && report.unanswered().isEmpty()) {
            add("<p>Every answer was taken.</p>");
        }
        add("</section>");
    }

    private void reasons(Map<String, Integer> reasons, String what, java.util.function.Predicate<QueryResult> of) {
        reasons.forEach((reason, n) -> {
            List<QueryResult> all =
                    report.headline().stream().filter(of).filter(r -> reason.equals(Objects.requireNonNullElse(r.reason(), "NO_CASCADE"))).toList();
            long rightAnyway = all.stream().filter(r -> r.local() != null && r.local().right()).count();
            add("<details><summary><b>" + n + "</b> " + Html.text(what) + ": " + Html.text(Wording.reason(reason)) + " <code>"
                    + Html.text(reason) + "</code>" + (rightAnyway > 0 ? " <small>the SLM was right in " + rightAnyway + "</small>" : "")
                    + "</summary>");
            all.stream().limit(EXAMPLES).forEach(this::example);
            if (n > EXAMPLES) {
                add("<p class=\"hint\">" + (n - EXAMPLES) + " more in the table of every query.</p>");
            }
            add("</details>");
        });
    }

    private void wrongLocals() {
        List<QueryResult> wrong = report.headline().stream().filter(r -> r.answeredLocally() && !r.right()).toList();
        if (wrong.isEmpty()) {
            return;
        }
        add("<section><h2>Losses</h2><details><summary>Taken locally and wrong: <b>" + wrong.size() + "</b></summary>");
        wrong.stream().limit(WRONG_SHOWN).forEach(this::example);
        add("</details></section>");
    }

    private void example(QueryResult r) {
        add("<article><p class=\"q\">" + Html.text(r.question()) + "</p><dl>");
        pair("expected", r.expected());
        QueryResult.Proposal local = r.local();
        if (local != null) {
            pair("SLM " + (local.right() ? "✓" : "✗") + (r.confidence() == null ? "" : String.format(Locale.ROOT, " %.3f", r.confidence())),
                    local.answer().isEmpty() ? local.why() : local.answer());
        }
        if (r.route() == Route.REMOTE) {
            pair("LLM " + (r.right() ? "✓" : "✗"), r.answer());
        }
        if (!r.right() && !r.why().isEmpty()) {
            pair("wrong", r.why());
        }
        if (!r.detail().isEmpty()) {
            pair("decision", r.detail());
        }
        add("</dl><p class=\"id\">" + Html.text(r.caseId()) + "</p></article>");
    }

    private void pair(String name, String value) {
        add("<dt>" + Html.text(name) + "</dt><dd>" + Html.text(value) + "</dd>");
    }

    private void breakdown() {
        if (report.categories().size() < 2) {
            return;
        }
        add("<section><h2>By category</h2><div class=\"scroll\"><table><tr><th>suite / category</th><th>queries</th><th>local</th>"
                + "<th>right</th><th>replaced</th><th>local acc.</th><th>end acc.</th><th>SLM alone</th></tr>");
        for (Tally t : report.categories()) {
            add("<tr><td>" + Html.text(t.name()) + "</td><td>" + t.queries() + "</td><td>" + t.answeredLocally() + "</td><td>"
                    + t.answeredLocallyRight() + "</td><td>" + Wording.percent(t.replacementRate()) + "</td><td>"
                    + Wording.percent(t.localAccuracy()) + "</td><td>" + Wording.percent(t.endAccuracy()) + "</td><td>"
                    + Wording.percent(t.allLocalAccuracy()) + "</td></tr>");
        }
        add("</table></div></section>");
    }

    private void everyQuery() {
        List<QueryResult> results = report.run().results();
        add("<section><h2>Every query</h2><details><summary>" + results.size() + " queries</summary><div class=\"scroll\"><table>"
                + "<tr><th>case</th><th>answered by</th><th>right</th><th>confidence</th><th>question</th><th>answer</th></tr>");
        for (QueryResult r : results.subList(0, Math.min(ROWS_SHOWN, results.size()))) {
            String by = switch (r.route()) {
                case LOCAL -> "SLM";
                case REMOTE -> "LLM";
                case REFUSED, FAILED, NOT_REACHED -> "–";
            };
            add("<tr><td>" + Html.text(r.caseId()) + (r.flags().isEmpty() ? "" : " <small>flagged</small>") + "</td><td>" + by
                    + (r.reason() == null ? "" : " <small>" + Html.text(r.reason().toLowerCase(Locale.ROOT).replace('_', ' ')) + "</small>")
                    + "</td><td>" + mark(r.right()) + "</td><td>"
                    + (r.confidence() == null ? "" : String.format(Locale.ROOT, "%.3f", r.confidence())) + "</td><td>"
                    + Html.text(r.question()) + "</td><td>" + Html.text(r.answer().isEmpty() ? r.detail() : r.answer()) + "</td></tr>");
        }
        add("</table></div>");
        if (results.size() > ROWS_SHOWN) {
            add("<p class=\"hint\">The first " + ROWS_SHOWN + "; all are in report.json.</p>");
        }
        add("</details></section>");
    }

    private void footer() {
        add("<footer><p><b>Replacement rate</b> = queries answered locally and right, over all queries that an LLM-only agent would have"
                + " sent. A wrong local answer is a loss, not a replacement. Failed local attempts are paid for and counted.</p></footer>");
    }

    private static String mark(boolean right) {
        return right ? "<span class=\"ok\">✓</span>" : "<span class=\"bad\">✗</span>";
    }

    private void add(String html) {
        out.append(html).append('\n');
    }

    /** The style of every page. */
    public static String css() {
        try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
            return new String(Objects.requireNonNull(in, "report.css is missing from this build").readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
