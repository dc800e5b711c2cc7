package dev.outrider.evals.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.ReportFiles;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.RunIdentity;
import dev.outrider.evals.run.RunLog;
import dev.outrider.evals.run.Runs;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.Suite;
import dev.outrider.evals.suite.SuiteException;

class ComparisonTest {

    @TempDir
    Path folder;

    @Test
    void theExactTestGivesTheValuesOfTheBinomial() {
        // R: binom.test(1, 9)$p.value, binom.test(10, 22)$p.value
        assertThat(McNemar.pValue(8, 1)).isCloseTo(0.0390625, within(1e-12));
        assertThat(McNemar.pValue(12, 10)).isCloseTo(0.8318119, within(1e-6));
        assertThat(McNemar.pValue(0, 0)).isEqualTo(1);
        assertThat(McNemar.pValue(3, 3)).isEqualTo(1);
        assertThat(McNemar.pValue(4000, 1000)).isBetween(0.0, 1e-300);
    }

    @Test
    void twoRunsArePairedByCaseAndABetterModelIsFoundBetter() throws IOException {
        Path weak = run("weak", 0.2);
        Path strong = run("strong", 0.95);
        Comparison c = Comparison.of(Side.read(weak), Side.read(strong.resolve("report.json")), 1);

        assertThat(c.replacement().queries()).isEqualTo(Suite.desk().sampleTasks(60, 3).cases().size() - c.flagged());
        assertThat(c.replacement().change()).isPositive();
        assertThat(c.replacement().verdict()).isEqualTo("better");
        assertThat(c.replacement().low()).isPositive();
        assertThat(c.replacement().after() - c.replacement().before())
                .isEqualTo(c.replacement().better().size() - c.replacement().broke().size());
        assertThat(ComparisonText.render(c)).contains("better", "replaced now", "SIMULATED").doesNotContain("\u001b");
        assertThat(ComparisonText.render(c).lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(120));
        JsonNode json = Json.read(ComparisonJson.write(c));
        assertThat(json.path("replacementRate").path("significant").asBoolean()).isTrue();
        assertThat(json.path("replacementRate").path("better")).hasSize(c.replacement().better().size());
        assertThat(json.path("notes").toString()).contains("SIMULATED");
        assertThat(ComparisonHtml.render(c)).contains("<h2>Got better", "SIMULATED").doesNotContain("http:", "https:", "<script", "src=");

        Comparison back = Comparison.of(Side.read(strong), Side.read(weak), 1);
        assertThat(back.replacement().verdict()).isEqualTo("worse");
        assertThat(back.replacement().broke()).isEqualTo(c.replacement().better());
    }

    @Test
    void aRunIsNotSignificantlyDifferentFromItself() throws IOException {
        Side side = Side.read(run("same", 0.6));
        Comparison c = Comparison.of(side, side, 3);
        assertThat(c.replacement().significant()).isFalse();
        assertThat(c.replacement().pValue()).isEqualTo(1);
        assertThat(c.replacement().better()).isEmpty();
        assertThat(c.onlyFirst() + c.onlySecond()).isZero();
    }

    @Test
    void oneTaskThatChangesWholeIsNoEvidenceHoweverManyStepsItHas() {
        // 12 steps of one task became right, a task with nothing changed beside it: McNemar alone would see 12 independent wins
        Map<String, Side.Row> before = new LinkedHashMap<>();
        Map<String, Side.Row> after = new LinkedHashMap<>();
        for (int i = 0; i < 12; i++) {
            before.put("t/" + i, row("t", false));
            after.put("t/" + i, row("t", true));
        }
        before.put("u", row("u", true));
        after.put("u", row("u", true));
        Comparison c = Comparison.of(side("a", before), side("b", after), 1);
        assertThat(c.replacement().pValue()).isLessThan(0.001);
        assertThat(c.replacement().low()).isLessThanOrEqualTo(0);
        assertThat(c.replacement().significant()).isFalse();
    }

    @Test
    void queriesThatOnlyOneRunHoldsAreCountedAndInNoFigure() {
        Map<String, Side.Row> before = Map.of("x", row("x", true), "y", row("y", true));
        Map<String, Side.Row> after = Map.of("y", row("y", false), "z", row("z", true));
        Comparison c = Comparison.of(side("a", before), side("b", after), 1);
        assertThat(c.replacement().queries()).isOne();
        assertThat(c.onlyFirst()).isOne();
        assertThat(c.onlySecond()).isOne();
        assertThat(ComparisonText.render(c)).contains("In no figure because only one run holds them: 1 queries of a, 1 of b.");
        assertThatThrownBy(() -> Comparison.of(side("a", before), side("b", Map.of("q", row("q", true))), 1))
                .isInstanceOf(SuiteException.class).hasMessageContaining("no query in common");
    }

    @Test
    void aReportThatListsAPartOfItsQueriesIsComparedByTheResultsBesideIt() throws IOException {
        Path before = run("before", 0.3);
        Path after = run("after", 0.8);
        Comparison whole = Comparison.of(Side.read(before), Side.read(after), 1);
        assertThat(whole.replacement().better()).isNotEmpty();
        for (Path folder : List.of(before, after)) {
            ObjectNode report = (ObjectNode) Json.read(Files.readString(folder.resolve("report.json")));
            ArrayNode rows = (ArrayNode) report.get("rows");
            int all = rows.size();
            while (rows.size() > 10) {
                rows.remove(10);
            }
            report.put("rowsLeftOut", all - 10);
            Files.writeString(folder.resolve("report.json"), report.toString());
        }

        Comparison part = Comparison.of(Side.read(before), Side.read(after), 1);

        assertThat(part.replacement()).isEqualTo(whole.replacement());
        assertThat(part.accuracy()).isEqualTo(whole.accuracy());
        assertThat(part.categories()).isEqualTo(whole.categories());
        assertThat(ComparisonHtml.render(part)).contains("<h2>Got better");

        Path results = after.resolve("results.jsonl");
        List<String> lines = Files.readAllLines(results);
        Files.write(results, lines.subList(0, lines.size() - 1));
        assertThatThrownBy(() -> Side.read(after)).isInstanceOf(SuiteException.class).hasMessageContaining("the report beside it is about");
        Files.delete(results);
        assertThatThrownBy(() -> Side.read(after)).isInstanceOf(SuiteException.class).hasMessageContaining("results.jsonl that holds them all");
    }

    @Test
    void theIntervalOverManyTasksIsThatOfTheNormalDistribution() {
        List<PairedBootstrap.Cluster> clusters = new ArrayList<>();
        for (int i = 0; i < 60_000; i++) {
            clusters.add(new PairedBootstrap.Cluster(i % 4 == 0 ? 1 : i % 4 == 1 ? -1 : i % 4 == 2 ? 1 : 0, 1));
        }
        double[] interval = PairedBootstrap.interval95(clusters, 3);
        // mean 1/4, variance of one cluster 3/4 - 1/16
        double half = 1.96 * Math.sqrt((0.75 - 0.0625) / 60_000);
        assertThat(interval[0]).isCloseTo(0.25 - half, within(0.1 * half));
        assertThat(interval[1]).isCloseTo(0.25 + half, within(0.1 * half));
        assertThat(PairedBootstrap.interval95(clusters, 3)).isEqualTo(interval);
    }

    @Test
    void aFileThatIsNoReportIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("x.json"), "{\"schema\":9}");
        assertThatThrownBy(() -> Side.read(file)).isInstanceOf(SuiteException.class).hasMessageContaining("is no report of schema 1");
        assertThatThrownBy(() -> Side.read(folder.resolve("nowhere"))).hasMessageContaining("name a report.json of outrider eval");
        Path broken = Files.writeString(folder.resolve("y.json"), "{");
        assertThatThrownBy(() -> Side.read(broken)).hasMessageContaining("y.json: is no JSON");
    }

    private static Side side(String name, Map<String, Side.Row> rows) {
        return new Side(name, "t", "m", "p", "none", false, 0, rows);
    }

    private static Side.Row row(String cluster, boolean replaced) {
        return new Side.Row("s / c", cluster, false, replaced, replaced, "local", "q", "a", replaced ? "" : "wrong");
    }

    private Path run(String name, double rightRate) throws IOException {
        Suite suite = Suite.desk().sampleTasks(60, 3);
        SimulatedLlmBehaviour behaviour = SimulatedLlmBehaviour.perfect();
        Files.createDirectories(folder.resolve(name));
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), behaviour);
                RunLog log = RunLog.open(
                        folder.resolve(name).resolve("results.jsonl"), RunIdentity.of(Runs.info("desk", behaviour), suite.cases()),
                        Instant.EPOCH, false)) {
            var run = EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(suite.cases(), rightRate, 4), llm))
                    .log(log)
                    .build()
                    .run(suite);
            ReportFiles.write(folder.resolve(name), ReplacementReport.of(Runs.info("desk", behaviour), run));
        }
        return folder.resolve(name);
    }
}
