package dev.outrider.evals.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.stats.Interval;

/**
 * The report's charts as inline SVG. Bars are drawn in a box of 100 by 10 that stretches to the width of the page; labels stay HTML, so
 * that they neither shrink nor stretch with it. Colours are CSS classes and follow the reader's light or dark preference.
 */
final class Charts {

    /** Classes of the outcomes, in drawing order. */
    enum Kind {
        LOCAL_RIGHT("lr", "local, right"),
        LOCAL_WRONG("lw", "local, wrong"),
        LLM_RIGHT("mr", "LLM, right"),
        LLM_WRONG("mw", "LLM, wrong"),
        NONE("no", "not answered");

        final String css;
        final String label;

        Kind(String css, String label) {
            this.css = css;
            this.label = label;
        }

        static Kind of(QueryResult r) {
            return switch (r.route()) {
                case LOCAL -> r.right() ? LOCAL_RIGHT : LOCAL_WRONG;
                case REMOTE -> r.right() ? LLM_RIGHT : LLM_WRONG;
                case REFUSED, FAILED, NOT_REACHED -> NONE;
            };
        }
    }

    /** Part of a bar. */
    record Part(double value, String css, String title) {}

    private static final int MAX_SQUARES = 2400;

    private Charts() {}

    /** One bar of parts on a scale from 0 to {@code full}. */
    static String bar(List<Part> parts, double full, String label) {
        StringBuilder svg = open("bar", label);
        double at = 0;
        for (Part part : parts) {
            double width = full <= 0 ? 0 : 100 * part.value() / full;
            if (width > 0) {
                svg.append(rect(at, width, part.css(), part.title()));
                at += width;
            }
        }
        return svg.append("</svg>").toString();
    }

    /** A share with its interval on a scale from 0 to 1. */
    static String interval(@Nullable Double share, @Nullable Interval interval, String label) {
        StringBuilder svg = open("bar", label);
        svg.append("<rect class=\"track\" x=\"0\" y=\"4.4\" width=\"100\" height=\"1.2\"/>");
        if (interval != null) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"ci\" x=\"%.2f\" y=\"2.6\" width=\"%.2f\" height=\"4.8\"><title>95 %% interval %s</title></rect>",
                    100 * interval.low(),
                    Math.max(0.3, 100 * interval.width()),
                    Html.text(Wording.percent(interval))));
        }
        if (share != null) {
            svg.append(String.format(
                    Locale.ROOT, "<rect class=\"mark\" x=\"%.2f\" y=\"0.8\" width=\"0.9\" height=\"8.4\"/>", Math.max(0, 100 * share - 0.45)));
        }
        return svg.append("</svg>").toString();
    }

    /** From 0 to the 95th percentile, with the median marked. */
    static String spread(Latency.Spread spread, double full, String css, String label) {
        StringBuilder svg = open("bar", label);
        svg.append(rect(0, 100 * spread.p95() / full, css + " pale", "95 % within " + Wording.seconds(spread.p95())));
        svg.append(rect(0, 100 * spread.p50() / full, css, "half within " + Wording.seconds(spread.p50())));
        return svg.append("</svg>").toString();
    }

    /** Every query as one square, in the colour of its outcome; its question as a tooltip. */
    static String squares(List<QueryResult> results) {
        List<QueryResult> shown = new ArrayList<>(results);
        shown.sort(Comparator.comparing(Kind::of));
        if (shown.size() > MAX_SQUARES) {
            return "";
        }
        int columns = shown.size() > 600 ? 60 : 40;
        int rows = Math.ceilDiv(shown.size(), columns);
        StringBuilder svg = new StringBuilder("<svg class=\"squares\" role=\"img\" aria-label=\"every query as a square\" viewBox=\"0 0 ")
                .append(columns * 10)
                .append(' ')
                .append(rows * 10)
                .append("\">");
        for (int i = 0; i < shown.size(); i++) {
            QueryResult r = shown.get(i);
            svg.append("<rect class=\"").append(Kind.of(r).css).append("\" x=\"").append(i % columns * 10 + 1).append("\" y=\"")
                    .append(i / columns * 10 + 1).append("\" width=\"8\" height=\"8\" rx=\"1.5\"><title>")
                    .append(Html.text(Kind.of(r).label + (r.route() == Route.REMOTE ? " (" + r.reason() + ")" : "") + ": " + r.question()))
                    .append("</title></rect>");
        }
        return svg.append("</svg>").toString();
    }

    private static StringBuilder open(String css, String label) {
        return new StringBuilder("<svg class=\"").append(css)
                .append("\" role=\"img\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-label=\"")
                .append(Html.text(label)).append("\">");
    }

    private static String rect(double x, double width, String css, String title) {
        return String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%.3f\" y=\"0\" width=\"%.3f\" height=\"10\"><title>%s</title></rect>",
                css,
                x,
                width,
                Html.text(title));
    }
}
