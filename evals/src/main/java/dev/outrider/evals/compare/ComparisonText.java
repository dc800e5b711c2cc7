package dev.outrider.evals.compare;

import java.util.List;
import java.util.Locale;

/** The comparison as a table for terminals, at most 100 columns wide. */
public final class ComparisonText {

    private static final int CASES_SHOWN = 10;

    private ComparisonText() {}

    /** The table. */
    public static String render(Comparison c) {
        StringBuilder out = new StringBuilder();
        line(out, "Comparison: " + c.first().name() + " → " + c.second().name());
        line(out, c.replacement().queries() + " queries in both, " + c.replacement().clusters() + " independent tasks");
        side(out, "before", c.first());
        side(out, "after", c.second());
        c.warnings().forEach(w -> wrapped(out, w));
        line(out, "");
        line(out, String.format(Locale.ROOT, "  %-18s %8s %8s %8s  %-18s %6s %6s %9s", "", "before", "after", "change", "95 %, by task",
                "better", "broke", "McNemar p"));
        for (Difference d : List.of(c.replacement(), c.accuracy())) {
            line(out, row(d, 18) + "  " + d.verdict());
        }
        line(out, String.format(Locale.ROOT, "  %-18s %8s %8s", "money", usd(c.first().usd()), usd(c.second().usd())));
        if (c.categories().size() > 1) {
            line(out, "");
            line(out, "  replacement rate by category");
            for (Difference d : c.categories()) {
                line(out, row(d, 22) + (d.significant() ? "  " + d.verdict() : ""));
            }
        }
        cases(out, "better: replaced now", c.replacement().better(), c);
        cases(out, "broke: replaced no more", c.replacement().broke(), c);
        line(out, "");
        return out.toString();
    }

    private static void wrapped(StringBuilder out, String text) {
        StringBuilder at = new StringBuilder("! ");
        for (String word : text.split(" ", -1)) {
            if (at.length() > 2 && at.length() + word.length() > 98) {
                line(out, at.toString());
                at = new StringBuilder("  ");
            }
            at.append(word).append(' ');
        }
        line(out, at.toString());
    }

    private static void side(StringBuilder out, String when, Side side) {
        line(out, String.format(Locale.ROOT, "  %-7s %s, SLM %s, policy %s, LLM %s", when, side.title(), side.model(), side.policy(), side.llm()));
    }

    private static String row(Difference d, int width) {
        String name = d.name().length() > width ? d.name().substring(0, width - 1) + "…" : d.name();
        return String.format(Locale.ROOT, "  %-" + width + "s %8s %8s %8s  %-18s %6d %6d %9s", name, share(d.before(), d.queries()),
                share(d.after(), d.queries()), points(d.change()), points(d.low()) + " to " + points(d.high()), d.better().size(),
                d.broke().size(), pValue(d.pValue()));
    }

    private static void cases(StringBuilder out, String what, List<String> ids, Comparison c) {
        if (ids.isEmpty()) {
            return;
        }
        line(out, "");
        line(out, "  " + what + " (" + ids.size() + ")");
        for (String id : ids.subList(0, Math.min(CASES_SHOWN, ids.size()))) {
            Side.Row row = c.second().rows().get(id);
            String why = row == null ? "" : row.route() + (row.why().isEmpty() ? "" : ": " + row.why());
            String text = "    " + id + "  " + why;
            line(out, text.length() > 100 ? text.substring(0, 99) + "…" : text);
        }
        if (ids.size() > CASES_SHOWN) {
            line(out, "    … and " + (ids.size() - CASES_SHOWN) + " more in the HTML and the JSON");
        }
    }

    static String share(int n, int of) {
        return of == 0 ? "–" : String.format(Locale.ROOT, "%.1f %%", 100.0 * n / of);
    }

    /** Percentage points with a sign. */
    static String points(double difference) {
        return String.format(Locale.ROOT, "%+.1f", 100 * difference);
    }

    static String pValue(double p) {
        return p < 0.0001 ? "<0.0001" : String.format(Locale.ROOT, "%.4f", p);
    }

    static String usd(double usd) {
        return String.format(Locale.ROOT, usd >= 1 ? "$%.2f" : "$%.4f", usd);
    }

    private static void line(StringBuilder out, String text) {
        out.append(text.stripTrailing()).append('\n');
    }
}
