package dev.outrider.evals.replay;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.Interval;
import dev.outrider.evals.stats.OffPolicyShare;

/** A replay as JSON; {@code docs/replay.md} documents the keys. Shares are in [0, 1], money is in dollars. */
public final class ReplayJson {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ReplayJson() {}

    /** The text. */
    public static String write(ReplayReport r, List<Gate> gates) {
        ObjectNode json = NODES.objectNode();
        json.put("schema", 1).put("ledger", r.ledger()).put("policy", r.policy()).put("calibration", r.calibration());
        json.put("records", r.records()).put("migrated", r.migrated()).put("decided", r.decided());
        json.set("undecided", counts(r.undecided()));
        ObjectNode examples = json.putObject("undecidedExamples");
        r.examples().forEach((why, some) -> {
            ArrayNode list = examples.putArray(why);
            some.forEach(list::add);
        });
        json.set("then", counts(r.before()));
        json.set("now", counts(r.after()));
        json.set("moved", counts(r.moved()));
        json.put("localShare", r.localShare());
        share(json, "replaced", r.replaced(), r.replacedInterval());
        share(json, "takenWrong", r.takenWrong(), r.takenWrongInterval());
        json.set("wrong", estimate(r.wrong()));
        ArrayNode workloads = json.putArray("workloads");
        r.workloads().forEach(w -> workloads.addObject()
                .put("name", w.name())
                .put("queries", w.queries())
                .put("acceptedThen", w.acceptedBefore())
                .put("acceptedNow", w.accepted())
                .set("wrong", estimate(w.wrong())));
        json.putObject("money")
                .put("thenUsd", r.money().before() / 1e6)
                .put("nowUsd", r.money().after() / 1e6)
                .put("llmOnlyUsd", r.money().llmOnly() / 1e6)
                .put("counted", r.money().counted());
        ArrayNode notes = json.putArray("notes");
        r.notes().forEach(notes::add);
        ArrayNode held = json.putArray("gates");
        gates.forEach(g -> held.addObject().put("name", g.name()).put("passed", g.passed()).put("line", g.line()));
        return json.toPrettyString() + "\n";
    }

    private static ObjectNode counts(ReplayReport.Counts counts) {
        ObjectNode json = NODES.objectNode().put("accepted", counts.accepted());
        json.set("escalated", counts(counts.escalated()));
        json.set("refused", counts(counts.refused()));
        return json;
    }

    private static ObjectNode counts(Map<String, Long> counts) {
        ObjectNode json = NODES.objectNode();
        counts.forEach(json::put);
        return json;
    }

    private static ObjectNode estimate(OffPolicyShare.Estimate e) {
        ObjectNode json = NODES.objectNode()
                .put("taken", e.population())
                .put("checked", e.seen())
                .put("checksFailed", e.missing())
                .put("unknown", e.unknown())
                .put("inversePropensity", e.inversePropensity())
                .put("effectiveSample", e.effective());
        share(json, "selfNormalised", e.selfNormalised(), e.interval());
        return json;
    }

    private static void share(ObjectNode json, String key, @Nullable Double value, @Nullable Interval interval) {
        json.put(key, value);
        if (interval == null) {
            json.putNull(key + "Ci95");
        } else {
            json.putArray(key + "Ci95").add(interval.low()).add(interval.high());
        }
    }
}
