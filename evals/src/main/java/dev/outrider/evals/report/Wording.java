package dev.outrider.evals.report;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.match.LlmJudge;
import dev.outrider.evals.run.JudgeUse;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.stats.Estimate;
import dev.outrider.evals.stats.Interval;
import dev.outrider.evals.stats.NonInferiority;

/** Words and numbers that every form of the report shares. */
final class Wording {

    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("RULE", "a rule of the policy says so"),
            Map.entry("LOCAL_FAILED", "the SLM failed or was cut off"),
            Map.entry("MALFORMED_ANSWER", "the answer does not have the form that was asked for"),
            Map.entry("UNKNOWN_TOOL", "the SLM named a tool that was not offered"),
            Map.entry("INVALID_ARGUMENTS", "the arguments break the tool's schema"),
            Map.entry("NO_EVIDENCE", "the answer carries no evidence to judge it by"),
            Map.entry("TOOL_LOOP", "the LLM began the tool loop and goes on with it"),
            Map.entry("SHADOW", "the workload is in shadow mode"),
            Map.entry("OBSERVED", "the workload is only observed"),
            Map.entry("UNCALIBRATED", "too little is known about such answers"),
            Map.entry("CALIBRATION_EXPIRED", "the calibration is too old"),
            Map.entry("CALIBRATION_SUSPENDED", "audits found that the calibration no longer holds"),
            Map.entry("BUDGET_UNKNOWN", "the budgets cannot be read"),
            Map.entry("REMOTE_NO_BETTER", "the LLM is known to be no better here"),
            Map.entry("LOW_CONFIDENCE", "the SLM is not sure enough"),
            Map.entry("BUDGET_EXHAUSTED", "the money is spent"),
            Map.entry("REMOTE_FAILED", "the LLM was needed and failed"),
            Map.entry("NO_REMOTE", "the LLM was needed and none is configured"),
            Map.entry("CANCELLED", "the query was given up"),
            Map.entry("ERROR", "something threw"),
            Map.entry("LOST", "sent to the LLM before the process was killed, and not sent again"),
            Map.entry("NOT_REACHED", "the run ended before this step"),
            Map.entry("NO_CASCADE", "the model is no cascade"));

    private Wording() {}

    /** What a reader must know before any figure. */
    static List<String> warnings(ReplacementReport report) {
        List<String> warnings = new ArrayList<>();
        String reason = report.run().stopReason();
        if (report.run().partial()) {
            warnings.add("PARTIAL: the run was stopped; " + (reason.isEmpty() ? "" : reason + "; ") + done(report) + " of " + report.run().planned() + " "
                    + (report.info().mode() == RunInfo.Mode.SUITE ? "queries" : "tasks") + " were run.");
        }
        SimulatedLlmBehaviour simulation = report.info().llm().simulation();
        if (simulation != null) {
            warnings.add("The LLM was SIMULATED: no LLM was asked. Recorded gold answers stood in for it (" + simulation.describe()
                    + "), which flatters the LLM's side: end accuracy and the all-LLM end are higher than any real LLM's. "
                    + (report.info().mode() == RunInfo.Mode.SUITE
                            ? "The replacement rate and the local accuracy do not depend on it. "
                            : "In a live run its right answers also keep tasks on track, so the replacement rate leans upwards too. ")
                    + "Tokens and money of the LLM's side are estimates.");
        }
        String replayed = report.info().llm().replayedFrom();
        if (replayed != null) {
            warnings.add("The LLM was REPLAYED: answers of " + report.info().llm().name() + " were taken from the recording " + replayed
                    + ". Its tokens and money are those of the recording, and nothing was paid now; its seconds are not the LLM's.");
        }
        JudgeUse judge = report.run().judge();
        if (judge != null && judge.model().equals(report.info().llm().name())) {
            warnings.add("The judge is the LLM that also answers here: judges favour their own words (arXiv 2306.05685, section 3.3).");
        }
        if (report.answeredOverBudget() > 0) {
            warnings.add("Taken below the threshold because the money budget was spent: "
                    + plural(report.answeredOverBudget(), "local answer") + ".");
        }
        if (report.flagged() > 0) {
            warnings.add("In no figure because the gold answer is flagged as faulty: " + plural(report.flagged(), "query") + ".");
        }
        return warnings;
    }

    private static long done(ReplacementReport report) {
        return report.info().mode() == RunInfo.Mode.SUITE
                ? report.run().results().size()
                : report.run().tasks().size();
    }

    static String reason(String reason) {
        return REASONS.getOrDefault(reason, "");
    }

    /** {@code 1 query}, {@code 2 queries}. */
    static String plural(long n, String noun) {
        String many = noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
        return n + " " + (n == 1 ? noun : many);
    }

    /** {@code 62.5 %}; a dash where there is nothing to divide by. */
    static String percent(@Nullable Double share) {
        return share == null ? "–" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    static String percent(@Nullable Interval interval) {
        return interval == null
                ? "–"
                : String.format(Locale.ROOT, "%.1f–%.1f %%", 100 * interval.low(), 100 * interval.high());
    }

    /** {@code 41.2 %}; a dash where there is none. */
    static String percent(@Nullable Estimate estimate) {
        return estimate == null ? "–" : percent(Double.valueOf(estimate.value()));
    }

    /** {@code 38.0–44.1 %}. */
    static String range(@Nullable Estimate estimate) {
        return estimate == null ? "–" : String.format(Locale.ROOT, "%.1f–%.1f %%", 100 * estimate.low(), 100 * estimate.high());
    }

    /** A difference of shares: {@code +1.5 points}. */
    static String points(double difference) {
        double shown = Math.round(1000 * difference) / 10.0;
        return String.format(Locale.ROOT, "%+.1f points", shown == 0 ? 0.0 : shown);
    }

    /** {@code +1.5 to +3.0 points}. */
    static String points(Estimate estimate) {
        return points(estimate.low()).replace(" points", "") + " to " + points(estimate.high());
    }

    /** {@code 12 replies judged by big: 1 better, 9 as good, 1 swayed by the order, 1 worse, 0 without a verdict}. */
    static String judged(JudgeUse judge) {
        return plural(judge.replies(), "reply") + " judged by " + judge.model() + ": " + judge.of(LlmJudge.Outcome.WIN) + " better, "
                + judge.of(LlmJudge.Outcome.TIE) + " as good, " + judge.of(LlmJudge.Outcome.SWAYED) + " swayed by the order, "
                + judge.of(LlmJudge.Outcome.LOSS) + " worse, " + judge.of(LlmJudge.Outcome.INVALID) + " without a verdict";
    }

    static String verdict(NonInferiority test) {
        return (test.notInferior() ? "not inferior" : "not shown to be as good") + ": 95 % bound " + points(test.lower());
    }

    /** {@code 1.2 kJ}. */
    static String joules(double joules) {
        return joules >= 3.6e6
                ? String.format(Locale.ROOT, "%.2f kWh", joules / 3.6e6)
                : joules >= 1000 ? String.format(Locale.ROOT, "%.1f kJ", joules / 1000) : String.format(Locale.ROOT, "%.1f J", joules);
    }

    /** That joules are no measurement, and what they are reckoned from. */
    static String statedInputs(Statistics.Energy energy) {
        return "Energy is reckoned, not measured. Stated inputs: " + energy.inputs().stated().entrySet().stream()
                .map(e -> e.getKey() + " " + number(e.getValue()))
                .collect(Collectors.joining(", ")) + ".";
    }

    private static String number(double value) {
        return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }

    static String seconds(double seconds) {
        return seconds >= 100 ? String.format(Locale.ROOT, "%.0f s", seconds)
                : seconds >= 1 ? String.format(Locale.ROOT, "%.1f s", seconds)
                : String.format(Locale.ROOT, "%.0f ms", seconds * 1000);
    }

    /** Dollars with as many digits as the amount needs. */
    static String usd(long microUsd) {
        double usd = microUsd / 1e6;
        return String.format(Locale.ROOT, Math.abs(usd) >= 1 ? "$%.2f" : "$%.4f", usd);
    }

    /** Why a figure beside the paper's estimates says nothing about them. */
    static String sixtyFortySeventy() {
        return "The literature's 60 / 40 / 70 % (MetaGPT, Open Operator, Cradle; arXiv 2506.02153, appendix B) are its authors' estimates"
                + " of the share of LLM calls that an SLM could take over in three other agents. The replacement rate by calls is the figure"
                + " nearest to them, but it is measured, it counts only calls that were taken and right, and it is about these queries: the two"
                + " are not comparable.";
    }
}
