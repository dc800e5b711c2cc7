package dev.outrider.evals.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.Estimate;
import dev.outrider.evals.stats.Frontier;
import dev.outrider.evals.stats.NonInferiority;
import dev.outrider.evals.suite.Json;

/** The key {@code statistics} of {@code report.json}. */
final class JsonStatistics {

    private static final int POINTS = 101;

    private JsonStatistics() {}

    static ObjectNode tree(Statistics s) {
        ObjectNode root = Json.object();
        ObjectNode replaced = root.putObject("replaced");
        replaced.set("all", shares(s.all()));
        if (s.macro() == null) {
            replaced.putNull("macro");
        } else {
            replaced.set("macro", shares(s.macro()));
        }
        list(replaced.putArray("suites"), s.suites());
        list(replaced.putArray("workloads"), s.workloads());
        list(replaced.putArray("kinds"), s.kinds());
        replaced.put("queriesOfGroupsNotShown", s.notShown());
        nonInferiority(root, s.nonInferiority());
        root.put("llmBasis", s.llmBasis());
        estimate(root, "randomRouterEndAccuracy", s.random());
        estimate(root, "overRandomRouter", s.overRandom());
        frontier(root.putObject("frontier"), s.frontier());
        ObjectNode reliability = root.putObject("reliability");
        reliability.put("ece", s.ece());
        ArrayNode bins = reliability.putArray("bins");
        s.reliability().forEach(b -> bins.addObject()
                .put("from", b.from())
                .put("n", b.n())
                .put("probability", b.probability())
                .put("right", b.right()));
        root.putObject("failedLocalAttempts")
                .put("n", s.failedLocal().attempts())
                .put("usd", s.failedLocal().microUsd() / 1e6)
                .put("seconds", s.failedLocal().seconds())
                .put("joules", s.failedLocal().joules());
        Statistics.Tasks t = s.tasks();
        root.putObject("tasks")
                .put("n", t.n())
                .put("right", t.right())
                .put("usdPerRight", usd(t.microUsdPerRight()))
                .put("llmOnlyUsdPerRight", usd(t.llmOnlyMicroUsdPerRight()));
        Statistics.Energy e = s.energy();
        if (e == null) {
            root.putNull("energy");
        } else {
            ObjectNode energy = root.putObject("energy");
            energy.put("llmOnlyJoules", e.llmOnly()).put("localJoules", e.local()).put("remoteJoules", e.remote());
            ObjectNode stated = energy.putObject("stated");
            e.inputs().stated().forEach(stated::put);
        }
        return root;
    }

    private static @Nullable Double usd(@Nullable Double microUsd) {
        return microUsd == null ? null : Double.valueOf(microUsd / 1e6);
    }

    private static void list(ArrayNode array, List<Shares> shares) {
        shares.forEach(s -> array.add(shares(s)));
    }

    private static ObjectNode shares(Shares s) {
        ObjectNode node = Json.object().put("name", s.name()).put("queries", s.queries());
        estimate(node, "calls", s.calls());
        estimate(node, "tokens", s.tokens());
        estimate(node, "money", s.money());
        estimate(node, "joules", s.joules());
        return node;
    }

    private static void estimate(ObjectNode node, String key, @Nullable Estimate e) {
        if (e == null) {
            node.putNull(key);
        } else {
            ObjectNode value = node.putObject(key).put("value", e.value());
            value.putArray("ci95").add(e.low()).add(e.high());
        }
    }

    private static void nonInferiority(ObjectNode root, @Nullable NonInferiority n) {
        if (n == null) {
            root.putNull("nonInferiority");
            return;
        }
        root.putObject("nonInferiority")
                .put("pairs", n.pairs())
                .put("onlyCascadeRight", n.onlyCascade())
                .put("onlyLlmRight", n.onlyLlm())
                .put("llmTakenAsRight", n.assumed())
                .put("difference", n.difference())
                .put("lower95", n.lower())
                .put("margin", n.margin())
                .put("notInferior", n.notInferior());
    }

    private static void frontier(ObjectNode node, Frontier.Summary f) {
        number(node, "weak", f.weak());
        number(node, "strong", f.strong());
        node.put("apgr", f.apgr()).put("cpt50", f.cpt50()).put("cpt80", f.cpt80()).put("aiq", f.aiq()).put("aurc", f.aurc());
        ArrayNode points = node.putArray("points");
        thinned(f.points(), POINTS).forEach(p -> points.addObject()
                .put("strongShare", p.strongShare())
                .put("quality", p.quality())
                .put("usd", p.cost() / 1e6));
        ArrayNode risks = node.putArray("risks");
        thinned(f.risks(), POINTS).forEach(r -> risks.addObject().put("coverage", r.coverage()).put("risk", r.risk()));
    }

    private static void number(ObjectNode node, String key, double value) {
        if (Double.isNaN(value)) {
            node.putNull(key);
        } else {
            node.put(key, value);
        }
    }

    /** At most so many of a list, the first and the last among them. */
    static <T> List<T> thinned(List<T> all, int most) {
        if (all.size() <= most) {
            return all;
        }
        return IntStream.range(0, most)
                .mapToObj(i -> all.get((int) Math.round((double) i * (all.size() - 1) / (most - 1))))
                .toList();
    }
}
