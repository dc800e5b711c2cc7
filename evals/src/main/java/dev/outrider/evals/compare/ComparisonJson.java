package dev.outrider.evals.compare;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.outrider.evals.suite.Json;

/** The comparison as JSON; {@code docs/report.md} documents every key. */
public final class ComparisonJson {

    /** Version of the form; raised when the meaning of a key changes. */
    static final int SCHEMA = 1;

    private ComparisonJson() {}

    public static String write(Comparison c) {
        ObjectNode root = Json.object();
        root.put("schema", SCHEMA);
        root.set("before", side(c.first()));
        root.set("after", side(c.second()));
        ArrayNode notes = root.putArray("notes");
        c.warnings().forEach(notes::add);
        root.put("queries", c.replacement().queries());
        root.put("independentTasks", c.replacement().clusters());
        root.put("onlyBefore", c.onlyFirst());
        root.put("onlyAfter", c.onlySecond());
        root.put("flagged", c.flagged());
        root.set("replacementRate", difference(c.replacement()));
        root.set("endAccuracy", difference(c.accuracy()));
        ArrayNode categories = root.putArray("categories");
        c.categories().forEach(d -> categories.add(difference(d).put("name", d.name())));
        return Json.writePretty(root);
    }

    private static ObjectNode side(Side side) {
        return Json.object()
                .put("name", side.name())
                .put("title", side.title())
                .put("localModel", side.model())
                .put("policy", side.policy())
                .put("llm", side.llm())
                .put("llmSimulated", side.simulated())
                .put("partial", side.partial())
                .put("routedUsd", side.usd());
    }

    private static ObjectNode difference(Difference d) {
        ObjectNode node = Json.object();
        node.put("queries", d.queries());
        node.put("before", d.before());
        node.put("after", d.after());
        node.put("change", d.change());
        node.putArray("changeCi95").add(d.low()).add(d.high());
        node.put("mcNemarP", d.pValue());
        node.put("significant", d.significant());
        node.put("verdict", d.verdict());
        ArrayNode better = node.putArray("better");
        d.better().forEach(better::add);
        ArrayNode broke = node.putArray("broke");
        d.broke().forEach(broke::add);
        return node;
    }
}
