package dev.outrider.evals.compare;

import java.util.List;

import dev.outrider.evals.report.Html;
import dev.outrider.evals.report.HtmlReport;

/** The comparison as one page without references to the network. */
public final class ComparisonHtml {

    private static final int CASES_SHOWN = 500;

    private final Comparison comparison;
    private final StringBuilder out = new StringBuilder();

    private ComparisonHtml(Comparison comparison) {
        this.comparison = comparison;
    }

    /** The page. */
    public static String render(Comparison comparison) {
        ComparisonHtml html = new ComparisonHtml(comparison);
        html.page();
        return html.out.toString();
    }

    private void page() {
        Comparison c = comparison;
        String title = c.first().name() + " → " + c.second().name();
        add("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        add("<meta name=\"generator\" content=\"Outrider\"><title>Comparison: " + Html.text(title) + "</title>");
        add("<style>\n" + HtmlReport.css() + "</style></head><body><main>");
        add("<header><p class=\"brand\">Outrider</p><h1>Comparison <span>" + Html.text(title) + "</span></h1>");
        add("<p class=\"meta\">" + c.replacement().queries() + " queries in both, " + c.replacement().clusters() + " independent tasks</p>");
        c.warnings().forEach(w -> add("<p class=\"banner\">" + Html.text(w) + "</p>"));
        add("</header>");
        hero(c.replacement());
        add("<section><h2>Figures</h2><div class=\"scroll\"><table>" + HEAD);
        row(c.replacement());
        row(c.accuracy());
        add("</table></div><p class=\"hint\">Change in percentage points; its 95 % interval resamples whole tasks; p is McNemar's exact"
                + " test over the queries that differ. Significant means both at 5 %.</p></section>");
        add("<section><h2>Runs</h2><div class=\"scroll\"><table><tr><th></th><th>suite</th><th>SLM</th><th>policy</th><th>LLM</th><th>money</th></tr>");
        side("before", c.first());
        side("after", c.second());
        add("</table></div></section>");
        add("<section><h2>Replacement rate by category</h2><div class=\"scroll\"><table>" + HEAD);
        c.categories().forEach(this::row);
        add("</table></div><p class=\"hint\">Of many categories, one in twenty is significant by chance.</p></section>");
        cases("Got better: replaced now", c.replacement().better());
        cases("Broke: replaced no more", c.replacement().broke());
        cases("Right in the end now", c.accuracy().better());
        cases("Wrong in the end now", c.accuracy().broke());
        add("</main></body></html>");
    }

    private static final String HEAD = "<tr><th></th><th>queries</th><th>before</th><th>after</th><th>change</th><th>95 %</th><th>better</th>"
            + "<th>broke</th><th>p</th><th></th></tr>";

    private void hero(Difference d) {
        add("<section class=\"hero\"><div><p class=\"big\">" + ComparisonText.points(d.change()) + "</p><p class=\"of\">percentage points of"
                + " replacement rate, " + ComparisonText.points(d.low()) + " to " + ComparisonText.points(d.high()) + " at 95 %: <b>"
                + d.verdict() + "</b></p></div></section>");
    }

    private void row(Difference d) {
        add("<tr><td>" + Html.text(d.name()) + "</td><td>" + d.queries() + "</td><td>" + ComparisonText.share(d.before(), d.queries())
                + "</td><td>" + ComparisonText.share(d.after(), d.queries()) + "</td><td>" + ComparisonText.points(d.change()) + "</td><td>"
                + ComparisonText.points(d.low()) + " to " + ComparisonText.points(d.high()) + "</td><td>" + d.better().size() + "</td><td>"
                + d.broke().size() + "</td><td>" + Html.text(ComparisonText.pValue(d.pValue())) + "</td><td>" + d.verdict() + "</td></tr>");
    }

    private void side(String when, Side side) {
        add("<tr><td>" + when + "</td><td>" + Html.text(side.title()) + "</td><td>" + Html.text(side.model()) + "</td><td>"
                + Html.text(side.policy()) + "</td><td>" + Html.text(side.llm()) + "</td><td>" + ComparisonText.usd(side.usd()) + "</td></tr>");
    }

    private void cases(String what, List<String> ids) {
        if (ids.isEmpty()) {
            return;
        }
        add("<section><h2>" + what + "</h2><details><summary>" + ids.size() + " queries</summary><div class=\"scroll\"><table>"
                + "<tr><th>case</th><th>question</th><th>before</th><th>after</th></tr>");
        for (String id : ids.subList(0, Math.min(CASES_SHOWN, ids.size()))) {
            add("<tr><td>" + Html.text(id) + "</td><td>" + Html.text(question(id)) + "</td><td>" + answer(comparison.first(), id)
                    + "</td><td>" + answer(comparison.second(), id) + "</td></tr>");
        }
        add("</table></div>" + (ids.size() > CASES_SHOWN ? "<p class=\"hint\">The first " + CASES_SHOWN + "; all are in the JSON.</p>" : "")
                + "</details></section>");
    }

    private String question(String id) {
        Side.Row row = comparison.first().rows().get(id);
        return row == null ? "" : row.question();
    }

    private static String answer(Side side, String id) {
        Side.Row row = side.rows().get(id);
        if (row == null) {
            return "";
        }
        return (row.right() ? "<span class=\"ok\">✓</span> " : "<span class=\"bad\">✗</span> ") + Html.text(row.route()) + " <small>"
                + Html.text(row.answer()) + (row.why().isEmpty() ? "" : " (" + Html.text(row.why()) + ")") + "</small>";
    }

    private void add(String html) {
        out.append(html).append('\n');
    }
}
