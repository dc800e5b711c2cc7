package dev.outrider.evals.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a log: how much was kept, which kinds it holds, how replaceable they are, and how that was the last time.
 *
 * @param read queries with an answer
 * @param failed queries without one
 * @param curated what curation kept and left out
 * @param kinds largest first
 * @param before shares measured in the round before, by kind; empty in the first
 */
public record Conversion(int read, int failed, Curation.Curated curated, List<Kind> kinds, Map<String, Double> before) {

    public Conversion {
        kinds = List.copyOf(kinds);
        before = Map.copyOf(before);
    }

    /** Queries in all kinds. */
    public int queries() {
        return curated.kept().size();
    }

    /** Share of all queries that training can reach, by the estimate. */
    public double afterTraining() {
        return queries() == 0 ? 0 : kinds.stream().mapToDouble(k -> k.afterTraining() * k.queries().size()).sum() / queries();
    }

    /** Share that the SLM has right today, of the queries it was measured on; null when it was on none. */
    public @Nullable Double now() {
        long measured = kinds.stream().mapToLong(Kind::measured).sum();
        return measured == 0
                ? null
                : kinds.stream().mapToDouble(k -> k.now() == null ? 0 : k.now() * k.measured()).sum() / measured;
    }

    /** Verdicts on the SLM by case, of a {@code report.json}. */
    public static Map<String, Boolean> measured(Path reportJson) {
        Map<String, Boolean> right = new HashMap<>();
        try {
            JsonNode rows = new ObjectMapper().readTree(Files.readString(reportJson)).path("rows");
            if (!rows.isArray()) {
                throw new ConvertException(reportJson + " is no report.json: it has no rows; name one that eval wrote");
            }
            rows.forEach(row -> {
                if (row.path("localRight").isBoolean()) {
                    right.put(row.path("case").asText(), row.get("localRight").asBoolean());
                }
            });
        } catch (JsonProcessingException e) {
            throw new ConvertException(reportJson + " is no JSON (" + e.getOriginalMessage() + "); name a report.json");
        } catch (IOException e) {
            throw new ConvertException(reportJson + " cannot be read (" + e.getMessage() + "); check --measured");
        }
        return right;
    }

    /** The measured shares of an earlier {@code kinds.json}; empty when there is none. */
    public static Map<String, Double> earlier(Path kindsJson) {
        Map<String, Double> now = new HashMap<>();
        if (Files.isRegularFile(kindsJson)) {
            try {
                new ObjectMapper().readTree(Files.readString(kindsJson)).path("kinds").forEach(k -> {
                    if (k.path("now").isNumber()) {
                        now.put(k.path("name").asText(), k.get("now").asDouble());
                    }
                });
            } catch (IOException e) {
                throw new ConvertException(kindsJson + " of an earlier round cannot be read (" + e.getMessage() + "); remove it");
            }
        }
        return now;
    }

    /** The table for a terminal; the smallest kinds together in one row. */
    public String text(int rows) {
        StringBuilder out = new StringBuilder();
        Curation.Curated c = curated;
        line(out, "%d queries read, %d without an answer, %d left out as wrong, %d as twins, %d that cannot be looked through; %d pieces of"
                + " personal data replaced", read, failed, c.wrong(), c.twins(), c.unreadable(), c.replaced());
        line(out, "");
        line(out, "  %-58s %7s %6s %7s %6s  %7s  %s", "kind", "queries", "share", "in", "out", "now", "after training");
        List<Kind> shown = kinds.subList(0, Math.min(rows, kinds.size()));
        shown.forEach(k -> line(out, "  %-58s %7d %6s %7d %6d  %7s  %s (%.0f–%.0f %%)%s", cut(k.name()), k.queries().size(),
                percent((double) k.queries().size() / queries()), k.charactersIn(), k.charactersOut(), percent(k.now()),
                percent(k.afterTraining()), 100 * k.afterTrainingCi().low(), 100 * k.afterTrainingCi().high(), change(k)));
        List<Kind> rest = kinds.subList(shown.size(), kinds.size());
        if (!rest.isEmpty()) {
            int n = rest.stream().mapToInt(k -> k.queries().size()).sum();
            double after = rest.stream().mapToDouble(k -> k.afterTraining() * k.queries().size()).sum() / n;
            line(out, "  %-58s %7d %6s %7s %6s  %7s  %s", rest.size() + " smaller kinds", n, percent((double) n / queries()), "", "", "",
                    percent(after));
        }
        line(out, "  %-58s %7d %6s %7s %6s  %7s  %s", "all", queries(), "100 %", "", "", percent(now()), percent(afterTraining()));
        line(out, "");
        line(out, "in, out: median characters. now: measured right, where the SLM was asked. after training: estimated; the answer's form");
        line(out, "stands in another conversation of its kind, and every value in the prompt or there. It is no measurement: train, and");
        line(out, "measure again.");
        return out.toString();
    }

    private String change(Kind k) {
        Double then = before.get(k.name());
        return then == null || k.now() == null ? "" : String.format(Locale.ROOT, "  now %+.1f points since the round before", 100 * (k.now() - then));
    }

    private static String cut(String name) {
        return name.length() <= 58 ? name : name.substring(0, 57) + "…";
    }

    private static String percent(@Nullable Double share) {
        return share == null ? "–" : String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    private static void line(StringBuilder out, String format, @Nullable Object... values) {
        out.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
    }

    /** {@code kinds.json}: what the next round compares with. */
    public String json() {
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("schema", 1);
        root.put("read", read).put("failed", failed).put("wrong", curated.wrong()).put("twins", curated.twins());
        root.put("unreadable", curated.unreadable()).put("replaced", curated.replaced()).put("queries", queries());
        root.put("now", now()).put("afterTraining", afterTraining());
        ArrayNode list = root.putArray("kinds");
        for (Kind k : kinds) {
            ObjectNode node = list.addObject().put("name", k.name()).put("shape", k.shape().word()).put("queries", k.queries().size());
            node.put("conversations", k.groups()).put("charactersIn", k.charactersIn()).put("charactersOut", k.charactersOut());
            node.put("measured", k.measured()).put("now", k.now()).put("nowBefore", before.get(k.name()));
            node.put("afterTraining", k.afterTraining());
            node.putArray("afterTrainingCi95").add(k.afterTrainingCi().low()).add(k.afterTrainingCi().high());
            ArrayNode ids = node.putArray("ids");
            k.queries().forEach(q -> ids.add(q.id()));
        }
        return root.toPrettyString() + "\n";
    }
}
