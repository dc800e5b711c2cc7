package dev.outrider.evals.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.match.LlmJudge;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.JudgeUse;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.stats.Interval;
import dev.outrider.evals.suite.Json;

/** The report as JSON; {@code docs/report.md} documents every key. */
public final class JsonReport {

    /** Version of the form; raised when the meaning of a key changes. */
    public static final int SCHEMA = 1;

    /** Queries and tasks that are listed one by one; results.jsonl holds them all. */
    static final int MOST_ROWS = 20_000;

    private JsonReport() {}

    public static String write(ReplacementReport report) {
        return Json.writePretty(tree(report));
    }

    static ObjectNode tree(ReplacementReport report) {
        ObjectNode root = Json.object();
        root.put("schema", SCHEMA);
        head(root, report);
        figures(root, report);
        root.set("calls", tally(report.calls()));
        root.set("noCalls", tally(report.noCalls()));
        ends(root.putObject("ends"), report);
        cost(root.putObject("cost"), report.cost());
        judge(root, report.run().judge());
        latency(root.putObject("latency"), report.latency());
        ArrayNode bins = root.putArray("confidence");
        report.confidence().forEach(b -> bins.addObject()
                .put("from", b.from())
                .put("to", b.to())
                .put("right", b.right())
                .put("wrong", b.wrong()));
        ArrayNode suites = root.putArray("suites");
        for (Tally t : report.suites()) {
            ObjectNode suite = tally(t);
            interval(suite, "replacementRateCi95", report.replacementRateCi(r -> r.suite().equals(t.name())));
            suites.add(suite);
        }
        number(root, "macroReplacementRate", report.macroReplacementRate());
        root.set("statistics", JsonStatistics.tree(report.statistics()));
        tallies(root.putArray("categories"), report.categories());
        tallies(root.putArray("tasks"), report.tasks().subList(0, Math.min(MOST_ROWS, report.tasks().size())));
        root.put("tasksLeftOut", Math.max(0, report.tasks().size() - MOST_ROWS));
        ArrayNode runs = root.putArray("taskRuns");
        report.run().tasks().forEach(t -> runs.add(task(t)));
        ArrayNode rows = root.putArray("rows");
        List<QueryResult> results = report.run().results();
        results.subList(0, Math.min(MOST_ROWS, results.size())).forEach(r -> rows.add(row(r)));
        root.put("rowsLeftOut", Math.max(0, results.size() - MOST_ROWS));
        return root;
    }

    private static void head(ObjectNode root, ReplacementReport report) {
        EvalRun run = report.run();
        root.put("title", report.info().title());
        root.put("mode", report.info().mode().name().toLowerCase(Locale.ROOT));
        root.put("startedAt", run.startedAt().toString());
        root.put("seconds", run.seconds());
        root.put("partial", run.partial());
        root.put("planned", run.planned());
        root.put("llm", report.info().llm().name());
        root.put("llmSimulated", report.info().llm().isSimulated());
        SimulatedLlmBehaviour simulation = report.info().llm().simulation();
        root.put("llmSimulation", simulation == null ? null : simulation.describe());
        root.put("llmReplayedFrom", report.info().llm().replayedFrom());
        root.put("localModel", report.info().localModel());
        root.put("policy", report.info().policy().version());
        root.put("seed", report.info().seed());
        ArrayNode notes = root.putArray("notes");
        Wording.warnings(report).forEach(notes::add);
        run.notes().forEach(notes::add);
    }

    private static void figures(ObjectNode root, ReplacementReport report) {
        Tally total = report.total();
        root.put("queries", total.queries());
        root.put("flagged", report.flagged());
        root.put("independentTasks", report.clusters());
        root.put("answeredLocally", total.answeredLocally());
        root.put("answeredLocallyRight", total.answeredLocallyRight());
        root.put("answeredLocallyOverBudget", report.answeredOverBudget());
        counts(root.putObject("escalated"), report.escalated());
        root.put("escalatedRight", total.escalatedRight());
        counts(root.putObject("refused"), report.unanswered());
        number(root, "replacementRate", total.replacementRate());
        interval(root, "replacementRateCi95", report.replacementRateCi());
        Interval ci = report.replacementRateCi();
        root.put("replacementRateCiMethod", ci == null ? null : ci.method());
        number(root, "localShare", total.localShare());
        number(root, "localAccuracy", total.localAccuracy());
        interval(root, "localAccuracyCi95", report.localAccuracyCi());
        number(root, "endAccuracy", total.endAccuracy());
        interval(root, "endAccuracyCi95", report.endAccuracyCi());
    }

    private static void ends(ObjectNode node, ReplacementReport report) {
        node.putObject("allLocal")
                .put("attempts", report.total().localAttempts())
                .put("right", report.total().localAttemptsRight())
                .put("accuracy", report.total().allLocalAccuracy());
        node.putObject("allLlm").put("accuracy", report.allLlmAccuracy()).put("basis", report.allLlmBasis());
    }

    private static void cost(ObjectNode node, Cost cost) {
        node.put("llmOnlyUsd", usd(cost.llmOnlyMicroUsd()));
        node.put("llmOnlyBasis", cost.basis());
        node.put("llmOnlyCounted", cost.counted());
        node.put("llmOnlyEstimated", cost.estimated());
        node.put("routedUsd", usd(cost.routedMicroUsd()));
        node.put("localUsd", usd(cost.localMicroUsd()));
        node.put("remoteUsd", usd(cost.remoteMicroUsd()));
        node.put("failedLocalAttemptsUsd", usd(cost.failedLocalMicroUsd()));
        number(node, "savedShare", cost.savedShare());
    }

    private static void latency(ObjectNode node, Latency latency) {
        spread(node, "local", latency.local());
        spread(node, "remote", latency.remote());
        spread(node, "query", latency.query());
    }

    private static void spread(ObjectNode node, String name, Latency.@Nullable Spread spread) {
        if (spread == null) {
            node.putNull(name);
        } else {
            node.putObject(name)
                    .put("n", spread.n())
                    .put("p50Seconds", spread.p50())
                    .put("p95Seconds", spread.p95());
        }
    }

    private static void tallies(ArrayNode array, List<Tally> tallies) {
        tallies.forEach(t -> array.add(tally(t)));
    }

    private static ObjectNode tally(Tally t) {
        ObjectNode node = Json.object();
        node.put("name", t.name());
        node.put("queries", t.queries());
        node.put("answeredLocally", t.answeredLocally());
        node.put("answeredLocallyRight", t.answeredLocallyRight());
        node.put("escalated", t.escalated());
        node.put("escalatedRight", t.escalatedRight());
        node.put("unanswered", t.unanswered());
        number(node, "replacementRate", t.replacementRate());
        number(node, "localAccuracy", t.localAccuracy());
        number(node, "endAccuracy", t.endAccuracy());
        number(node, "allLocalAccuracy", t.allLocalAccuracy());
        return node;
    }

    private static ObjectNode task(EvalRun.TaskResult t) {
        return Json.object()
                .put("task", t.task())
                .put("outcome", t.outcome())
                .put("right", t.right())
                .put("stepsRight", t.stepsRight())
                .put("stateRight", t.stateRight())
                .put("finalText", t.finalText());
    }

    private static ObjectNode row(QueryResult r) {
        ObjectNode node = Json.object();
        node.put("case", r.caseId());
        node.put("suite", r.suite());
        node.put("category", r.category());
        node.put("task", r.task());
        node.put("cluster", r.cluster());
        node.put("expectsCall", r.expectsCall());
        ArrayNode flags = node.putArray("flags");
        r.flags().forEach(flags::add);
        node.put("route", r.route().name().toLowerCase(Locale.ROOT));
        node.put("reason", r.reason());
        node.put("detail", r.detail());
        node.put("right", r.right());
        node.put("why", r.why());
        node.put("replaced", r.replaced());
        number(node, "confidence", r.confidence());
        node.put("question", r.question());
        node.put("expected", r.expected());
        node.put("answer", r.answer());
        QueryResult.Proposal local = r.local();
        node.put("localAnswer", local == null ? null : local.answer());
        node.put("localRight", local == null ? null : local.right());
        node.put("localWhy", local == null ? null : local.why());
        node.put("seconds", r.route() == Route.NOT_REACHED ? null : (Double) r.seconds());
        node.put("ledgerId", r.books().ledgerId());
        node.put("localUsd", usd(r.books().localMicroUsd()));
        node.put("remoteUsd", usd(r.books().remoteMicroUsd()));
        return node;
    }

    private static void judge(ObjectNode root, @Nullable JudgeUse judge) {
        if (judge == null) {
            root.putNull("judge");
            return;
        }
        ObjectNode node = root.putObject("judge")
                .put("model", judge.model())
                .put("calls", judge.calls())
                .put("inputTokens", judge.inputTokens())
                .put("outputTokens", judge.outputTokens())
                .put("usd", usd(judge.microUsd()))
                .put("replies", judge.replies());
        ObjectNode outcomes = node.putObject("outcomes");
        for (LlmJudge.Outcome outcome : LlmJudge.Outcome.values()) {
            outcomes.put(outcome.name().toLowerCase(Locale.ROOT), judge.of(outcome));
        }
    }

    private static void counts(ObjectNode node, Map<String, Integer> counts) {
        counts.forEach(node::put);
    }

    private static void number(ObjectNode node, String key, @Nullable Double value) {
        node.put(key, value);
    }

    private static void interval(ObjectNode node, String key, @Nullable Interval interval) {
        if (interval == null) {
            node.putNull(key);
        } else {
            node.putArray(key).add(interval.low()).add(interval.high());
        }
    }

    private static double usd(long microUsd) {
        return microUsd / 1e6;
    }
}
