package dev.outrider.evals.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.data.message.AiMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.Shop;
import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.run.Books;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.run.Runs;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.Suite;

class ReportTest {

    @TempDir
    Path folder;

    @Test
    void everyFigureIsWhatCountingTheRowsGives() throws IOException {
        ReplacementReport report = report();
        JsonNode json = Json.read(JsonReport.write(report));
        JsonNode rows = json.get("rows");
        int queries = 0;
        int local = 0;
        int localRight = 0;
        int right = 0;
        for (JsonNode row : rows) {
            if (row.get("flags").isEmpty()) {
                queries++;
                local += row.get("route").asText().equals("local") ? 1 : 0;
                localRight += row.get("replaced").asBoolean() ? 1 : 0;
                right += row.get("right").asBoolean() ? 1 : 0;
            }
        }
        assertThat(json.get("queries").asInt()).isEqualTo(queries).isEqualTo(11);
        assertThat(json.get("flagged").asInt()).isEqualTo(1);
        assertThat(json.get("answeredLocally").asInt()).isEqualTo(local);
        assertThat(json.get("answeredLocallyRight").asInt()).isEqualTo(localRight);
        assertThat(json.get("replacementRate").asDouble()).isCloseTo((double) localRight / queries, within(1e-12));
        assertThat(json.get("endAccuracy").asDouble()).isCloseTo((double) right / queries, within(1e-12));
        int escalated = 0;
        for (JsonNode n : json.get("escalated")) {
            escalated += n.asInt();
        }
        assertThat(local + escalated).isEqualTo(queries);
        assertThat(json.get("calls").get("queries").asInt() + json.get("noCalls").get("queries").asInt()).isEqualTo(queries);
        double low = json.get("replacementRateCi95").get(0).asDouble();
        double high = json.get("replacementRateCi95").get(1).asDouble();
        assertThat(json.get("replacementRate").asDouble()).isBetween(low, high);
        assertThat(json.get("llm").asText()).isEqualTo("simulated");
        assertThat(json.get("cost").get("llmOnlyUsd").asDouble()).isPositive();
        assertThat(json.get("cost").get("routedUsd").asDouble()).isPositive();
        assertThat(json.get("notes").get(0).asText()).contains("SIMULATED");
    }

    @Test
    void aWrongLocalAnswerIsNoReplacement() throws IOException {
        ReplacementReport report = report(0);
        assertThat(report.total().answeredLocally()).isPositive();
        assertThat(report.total().localShare()).isPositive();
        assertThat(report.total().replacementRate()).isZero();
        assertThat(Objects.requireNonNull(report.replacementRateCi()).high()).isPositive();
        assertThat(HtmlReport.render(report)).contains("Taken locally and wrong: <b>");
    }

    @Test
    void theReportSaysThatTheLlmWasSimulatedWhereverItIsRead() throws IOException {
        ReplacementReport report = report();
        assertThat(TextReport.render(report, false)).contains("SIMULATED").doesNotContain("\u001b");
        assertThat(TextReport.render(report, true)).contains("\u001b[1m");
        assertThat(HtmlReport.render(report)).contains("SIMULATED").contains("flatters the LLM");
    }

    @Test
    void theTableIsAtMostAHundredColumnsWide() throws IOException {
        assertThat(TextReport.render(report(), false).lines()).allSatisfy(l -> assertThat(l.length()).isLessThanOrEqualTo(110));
    }

    @Test
    void thePageNeedsNothingFromTheNetworkAndNoScript() throws IOException {
        String html = HtmlReport.render(report());
        assertThat(html).doesNotContain("<script").doesNotContain("src=").doesNotContain("<link").doesNotContain("url(")
                .doesNotContain("http:").doesNotContain("https:");
    }

    @Test
    void textOfCasesAndModelsCannotBecomeMarkup() throws IOException {
        ReplacementReport report = report();
        QueryResult first = report.headline().getFirst();
        String evil = "<script>alert('x')</script>\"&";
        QueryResult changed = new QueryResult(
                evil, evil, evil, evil, evil, true, first.flags(), evil, evil, Route.REMOTE, "LOW_CONFIDENCE", evil, evil, false, evil,
                new QueryResult.Proposal(evil, false, evil, null), 0.5, 1, 1, 1, null, Books.NONE, null);
        EvalRun run = report.run();
        EvalRun evilRun = new EvalRun(
                java.util.List.of(first, changed), java.util.List.of(new EvalRun.TaskResult(evil, evil, true, false, evil)), 2, false, "",
                run.startedAt(), 1, java.util.List.of(evil));
        RunInfo info = report.info();
        RunInfo evilInfo = new RunInfo(evil, info.mode(), evil, RunInfo.Llm.real(evil), info.policy(), 1);
        String html = HtmlReport.render(ReplacementReport.of(evilInfo, evilRun));
        assertThat(html).doesNotContain("<script").contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;");
    }

    @Test
    void aPartialRunIsAValidReportThatSaysSo() throws IOException {
        ReplacementReport whole = report();
        EvalRun run = whole.run();
        EvalRun partial = new EvalRun(run.results().subList(0, 3), run.tasks(), run.planned(), true, "", run.startedAt(), 1, run.notes());
        ReplacementReport report = ReplacementReport.of(whole.info(), partial);
        assertThat(TextReport.render(report, false)).contains("PARTIAL: the run was stopped; 3 of 12 queries were run.");
        assertThat(Json.read(JsonReport.write(report)).get("partial").asBoolean()).isTrue();
        EvalRun nothing = new EvalRun(java.util.List.of(), java.util.List.of(), 12, true, "", run.startedAt(), 0, java.util.List.of());
        ReplacementReport empty = ReplacementReport.of(whole.info(), nothing);
        assertThat(Json.read(JsonReport.write(empty)).get("replacementRate").isNull()).isTrue();
        assertThat(HtmlReport.render(empty)).contains("0 of 12");
        assertThat(TextReport.render(empty, false)).contains("0 of 12");
    }

    @Test
    void whatTheLlmAloneWouldHaveCostIsCorrectedByWhatItCounted() throws IOException {
        Cost cost = report().cost();
        assertThat(cost.counted()).isPositive();
        assertThat(cost.counted() + cost.estimated()).isEqualTo(11);
        // the simulated LLM estimates its usage the same way, from the wire
        assertThat(cost.inputScale()).isBetween(0.8, 1.2);
        assertThat(cost.routedMicroUsd()).isEqualTo(cost.localMicroUsd() + cost.remoteMicroUsd());
        assertThat(cost.failedLocalMicroUsd()).isLessThanOrEqualTo(cost.localMicroUsd());
    }

    @Test
    void reportsAreWrittenWholeIntoAFolderThatNeedNotExist() throws IOException {
        ReportFiles files = ReportFiles.write(folder.resolve("a/b"), report());
        assertThat(Json.read(Files.readString(files.json())).get("schema").asInt()).isEqualTo(1);
        assertThat(Files.readString(files.html())).startsWith("<!doctype html>").endsWith("</html>\n");
        try (var left = Files.list(folder.resolve("a/b"))) {
            assertThat(left).hasSize(3);
        }
    }

    @Test
    void aModelThatIsNoCascadeIsMeasuredAsAnLlm() {
        Suite suite = Shop.suite();
        EvalRun run = EvalRunner.builder()
                .model(new dev.langchain4j.model.chat.ChatModel() {
                    @Override
                    public dev.langchain4j.model.chat.response.ChatResponse doChat(
                            dev.langchain4j.model.chat.request.ChatRequest request) {
                        return dev.langchain4j.model.chat.response.ChatResponse.builder()
                                .aiMessage(AiMessage.from("I cannot do that."))
                                .build();
                    }
                })
                .build()
                .run(suite);
        ReplacementReport report = ReplacementReport.of(
                new RunInfo("shop", RunInfo.Mode.SUITE, "none", RunInfo.Llm.real("mute"), Runs.policy(), 1), run);
        assertThat(report.total().escalated()).isEqualTo(11);
        assertThat(report.escalated()).containsEntry("NO_CASCADE", 11);
        assertThat(report.total().replacementRate()).isZero();
    }

    private static ReplacementReport report() throws IOException {
        return report(0.5);
    }

    private static ReplacementReport report(double rightRate) throws IOException {
        Suite suite = Shop.suite();
        SimulatedLlmBehaviour behaviour = SimulatedLlmBehaviour.perfect();
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), behaviour)) {
            EvalRun run = EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(suite.cases(), rightRate, 2), llm))
                    .build()
                    .run(suite);
            return ReplacementReport.of(Runs.info("shop", behaviour), run);
        }
    }
}
