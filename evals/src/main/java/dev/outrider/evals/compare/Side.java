package dev.outrider.evals.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import dev.outrider.evals.run.RunResults;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.SuiteException;

/**
 * One of the two reports.
 *
 * @param name what the person called it
 * @param title what was run
 * @param model the SLM
 * @param policy the policy
 * @param llm who answered escalated queries; says when it was simulated or replayed
 * @param partial whether the run was stopped early
 * @param usd what its queries cost
 * @param rows the queries, by case; of a run of more than the report lists, those beyond its list have no texts
 */
public record Side(
        String name, String title, String model, String policy, String llm, boolean partial, double usd, Map<String, Row> rows) {

    /**
     * One query.
     *
     * @param category {@code suite / category}
     * @param cluster unit of independence
     * @param flagged whether the gold answer is faulty, so that it is in no figure
     * @param replaced answered locally and right
     * @param right right in the end
     * @param route who answered
     * @param why one line when it is wrong
     */
    public record Row(
            String category,
            String cluster,
            boolean flagged,
            boolean replaced,
            boolean right,
            String route,
            String question,
            String answer,
            String why) {}

    /**
     * Reads a report.
     *
     * @param path a {@code report.json}, or the folder it lies in
     * @throws SuiteException when there is none, or it cannot be read
     */
    public static Side read(Path path) {
        Path file = Files.isDirectory(path) ? path.resolve("report.json") : path;
        JsonNode report;
        try {
            report = Json.read(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw SuiteException.of(file.toString(), "is no JSON: " + Json.problem(e));
        } catch (IOException e) {
            throw SuiteException.of(file.toString(), "cannot be read; name a report.json of outrider eval, or its folder");
        }
        if (report.path("schema").asInt() != 1 || !report.path("rows").isArray()) {
            throw SuiteException.of(file.toString(), "is no report of schema 1, the one that this Outrider reads; run outrider eval again");
        }
        Map<String, Row> rows = new LinkedHashMap<>();
        int leftOut = report.path("rowsLeftOut").asInt();
        if (leftOut > 0) {
            readAll(file, report.path("rows").size() + leftOut, rows);
        }
        for (JsonNode r : report.path("rows")) {
            rows.put(r.path("case").asText(), new Row(
                    r.path("suite").asText() + " / " + r.path("category").asText(),
                    r.path("cluster").asText(),
                    !r.path("flags").isEmpty(),
                    r.path("replaced").asBoolean(),
                    r.path("right").asBoolean(),
                    r.path("route").asText(),
                    r.path("question").asText(),
                    r.path("answer").asText().isEmpty() ? r.path("detail").asText() : r.path("answer").asText(),
                    r.path("why").asText("")));
        }
        String llm = report.path("llm").asText() + (report.path("llmReplayedFrom").isTextual() ? " (replayed)" : "");
        return new Side(
                path.toString(),
                report.path("title").asText(),
                report.path("localModel").asText(),
                report.path("policy").asText(),
                llm,
                report.path("partial").asBoolean(),
                report.path("cost").path("routedUsd").asDouble(),
                rows);
    }

    /** The rows of a report that lists only the first of them, from the results beside it; without texts, so that equal ones are one. */
    private static void readAll(Path report, int queries, Map<String, Row> rows) {
        Path results = report.resolveSibling("results.jsonl");
        if (!Files.exists(results)) {
            throw SuiteException.of(report.toString(), "lists a part of its " + queries + " queries, and the results.jsonl that holds them all"
                    + " is not beside it; put it there");
        }
        Map<Row, Row> known = new HashMap<>();
        RunResults.written(results, r -> {
            Row row = new Row(
                    r.suite() + " / " + r.category(), r.cluster(), !r.flags().isEmpty(), r.replaced(), r.right(),
                    r.route().name().toLowerCase(Locale.ROOT), "", "", "");
            Row same = known.putIfAbsent(row, row);
            rows.put(r.caseId(), same == null ? row : same);
        });
        if (rows.size() != queries) {
            throw SuiteException.of(results.toString(), "holds " + rows.size() + " queries and the report beside it is about " + queries
                    + "; run the same eval command again, which goes on where it was stopped");
        }
    }

    /** Whether recorded gold answers stood in for an LLM. */
    public boolean simulated() {
        return llm.equals("simulated");
    }
}
