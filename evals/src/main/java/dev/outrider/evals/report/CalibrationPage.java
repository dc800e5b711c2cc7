package dev.outrider.evals.report;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.LlmAccuracy;
import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.calibration.Scores;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.calibration.WorkloadFit;

/** A calibration table as one HTML file that opens offline: what was found, a reliability diagram and a risk-coverage curve each. */
public final class CalibrationPage {

    /** Side of a diagram's square, and the margin around it for its labels. */
    private static final int SIDE = 200;

    private static final int MARGIN = 34;

    private final StringBuilder out = new StringBuilder();

    private CalibrationPage() {}

    /**
     * The page.
     *
     * @param fits the table's workloads with the test halves behind them
     */
    public static String render(CalibrationTable table, List<WorkloadFit> fits) {
        CalibrationPage page = new CalibrationPage();
        page.page(table, fits);
        return page.out.toString();
    }

    private void page(CalibrationTable table, List<WorkloadFit> fits) {
        String title = "Calibration " + table.version();
        add("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        add("<meta name=\"generator\" content=\"Outrider\"><title>" + Html.text(title) + "</title>");
        add("<style>\n" + HtmlReport.css() + "</style></head><body><main>");
        add("<header><p class=\"brand\">Outrider</p><h1>Calibration <span>" + Html.text(table.version()) + "</span></h1>");
        add("<p class=\"meta\">" + Html.text("SLM " + table.identity().inOneLine() + " · fitted " + table.fitted() + " · expires "
                + table.expires() + " · " + table.source().answers() + " answers of " + table.source().kind() + " "
                + String.join(", ", table.source().names()) + " · seed " + table.source().seed()) + "</p></header>");
        fits.forEach(this::workload);
        add("<footer><p class=\"hint\">All figures are of the test part, which neither the calibrator nor the order of the candidates"
                + " has seen. ECE: " + Scores.BINS + " bins of equal width. What a bound promises, and of which source, stands in"
                + " docs/calibration.md.</p></footer></main></body></html>");
    }

    private void workload(WorkloadFit fit) {
        WorkloadCalibration c = fit.calibration();
        add("<section><h2>" + Html.text(c.workload()) + "</h2><dl class=\"tiles\">");
        tile("threshold", number(c.threshold()), c.threshold().isPresent() ? c.promise() : "nothing is accepted");
        tile("accepted", percent(c.coverage()), c.accepted() + " of " + c.testUnits() + " test tasks, " + c.wrong() + " wrong");
        tile("ECE", number(c.ece()), "Brier " + number(c.brier()));
        tile("AUROC", number(c.auroc()), c.n() + " answers of " + c.tasks() + " tasks");
        LlmAccuracy llm = c.llm();
        if (llm != null) {
            tile("LLM right", percent(llm.right() / (double) llm.n()), llm.n() + " judged answers");
        }
        add("</dl>");
        if (c.whyNot() != null) {
            add("<p class=\"banner\">No threshold: " + Html.text(c.whyNot()) + "</p>");
        }
        add("<div style=\"display:flex;flex-wrap:wrap;gap:1rem\">");
        reliability(Scores.reliability(fit.test()));
        riskCoverage(c, Scores.riskCoverage(fit.test()));
        add("</div><p class=\"hint\">" + Html.text(c.calibrator().describe() + "; " + c.why()) + "</p></section>");
    }

    private void tile(String name, String value, String small) {
        add("<div><dt>" + Html.text(name) + "</dt><dd>" + Html.text(value) + "</dd><dd class=\"small\">" + Html.text(small)
                + "</dd></div>");
    }

    private void reliability(List<Scores.Bin> bins) {
        int most = bins.stream().mapToInt(Scores.Bin::n).max().orElse(0);
        open("Reliability, larger where more answers are", "predicted P(right)", "share that is right");
        add(line(0, 0, 1, 1, "var(--line)", ""));
        for (Scores.Bin bin : bins) {
            if (bin.n() > 0) {
                double radius = 2 + 7 * Math.sqrt(bin.n() / (double) Math.max(1, most));
                add(line(bin.predicted(), bin.predicted(), bin.predicted(), bin.right(), "var(--lw)", ""));
                add(String.format(
                        Locale.ROOT,
                        "<circle class=\"lr\" fill-opacity=\".8\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%d answers, predicted %.3f,"
                                + " right %.3f</title></circle>",
                        x(bin.predicted()),
                        y(bin.right()),
                        radius,
                        bin.n(),
                        bin.predicted(),
                        bin.right()));
            }
        }
        add("</svg>");
    }

    private void riskCoverage(WorkloadCalibration c, List<Scores.Point> points) {
        double top = Math.max(2 * c.targetRisk(), points.stream().mapToDouble(Scores.Point::conditional).max().orElse(0));
        double full = Math.min(1, Math.max(top, 0.05));
        open(String.format(Locale.ROOT, "Risk and coverage; the risk axis ends at %.2f", full), "accepted share", "risk");
        curve(points, full, RiskKind.CONDITIONAL, "var(--mr)");
        curve(points, full, RiskKind.JOINT, "var(--lr)");
        double target = Math.min(1, c.targetRisk() / full);
        add(line(0, target, 1, target, "var(--lw)", " stroke-dasharray=\"4 3\""));
        c.threshold().ifPresent(threshold -> {
            double coverage = points.stream()
                    .filter(p -> p.threshold() >= threshold)
                    .mapToDouble(Scores.Point::coverage)
                    .max()
                    .orElse(0);
            add(line(coverage, 0, coverage, 1, "var(--accent)", ""));
        });
        add("</svg><ul class=\"legend\"><li><i class=\"mr\"></i>conditional risk</li><li><i class=\"lr\"></i>joint risk</li><li>"
                + "<i class=\"lw\"></i>target (" + c.riskKind().word() + ")</li></ul>");
    }

    private void curve(List<Scores.Point> points, double full, RiskKind kind, String colour) {
        StringBuilder path = new StringBuilder();
        for (Scores.Point p : points) {
            double risk = kind == RiskKind.JOINT ? p.joint() : p.conditional();
            path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(p.coverage()), y(Math.min(1, risk / full))));
        }
        add("<polyline fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\" points=\"" + path.toString().strip() + "\"/>");
    }

    private void open(String label, String below, String beside) {
        int all = SIDE + 2 * MARGIN;
        add("<svg role=\"img\" style=\"max-width:24rem;flex:1 1 16rem\" viewBox=\"0 0 " + all + " " + all + "\" aria-label=\""
                + Html.text(label) + "\" font-size=\"10\" fill=\"var(--soft)\">");
        add("<rect x=\"" + MARGIN + "\" y=\"" + MARGIN + "\" width=\"" + SIDE + "\" height=\"" + SIDE
                + "\" fill=\"none\" stroke=\"var(--line)\"/>");
        add("<text x=\"" + MARGIN + "\" y=\"" + (MARGIN - 12) + "\">" + Html.text(label) + "</text>");
        add("<text x=\"" + (MARGIN + SIDE / 2) + "\" y=\"" + (all - 8) + "\" text-anchor=\"middle\">" + Html.text(below) + "</text>");
        add("<text transform=\"translate(12 " + (MARGIN + SIDE / 2) + ") rotate(-90)\" text-anchor=\"middle\">" + Html.text(beside)
                + "</text>");
    }

    private static String line(double x1, double y1, double x2, double y2, String colour, String more) {
        return String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"1.5\"%s/>",
                x(x1),
                y(y1),
                x(x2),
                y(y2),
                colour,
                more);
    }

    private static double x(double share) {
        return MARGIN + share * SIDE;
    }

    private static double y(double share) {
        return MARGIN + (1 - share) * SIDE;
    }

    private static String number(OptionalDouble value) {
        return value.isPresent() ? String.format(Locale.ROOT, "%.3f", value.getAsDouble()) : "–";
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private void add(String text) {
        out.append(text).append('\n');
    }
}
