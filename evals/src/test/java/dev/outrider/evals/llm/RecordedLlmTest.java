package dev.outrider.evals.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.model.chat.ChatModel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.Shop;
import dev.outrider.evals.report.HtmlReport;
import dev.outrider.evals.report.JsonReport;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.TextReport;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.Route;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.run.Runs;
import dev.outrider.evals.suite.Suite;
import dev.outrider.evals.suite.SuiteException;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.remote.RemoteModels;

/** A whole run against a recorded LLM; the one that is recorded is a server too. */
class RecordedLlmTest {

    private final Suite suite = Shop.suite().filter(c -> !c.id().equals("shop/10"));

    @TempDir
    Path folder;

    @Test
    void whatIsRecordedOnceIsReplayedForNothing() throws IOException {
        Path file = folder.resolve("deep/answers.jsonl");
        EvalRun live;
        try (SimulatedLlm paid = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.builder().wrongRate(0.5).seed(4).build())) {
            try (RecordedLlm recording = RecordedLlm.record(file, upstream(paid.baseUrl(), "sesame"))) {
                live = run(recording);
                assertThat(recording.asked()).isEqualTo(paid.requests()).isPositive();
            }
            long requests = paid.requests();
            try (RecordedLlm again = RecordedLlm.record(file, upstream(paid.baseUrl(), null))) {
                assertThat(outcomes(run(again))).isEqualTo(outcomes(live));
                assertThat(again.asked()).isZero();
            }
            assertThat(paid.requests()).isEqualTo(requests);
        }
        try (RecordedLlm replay = RecordedLlm.replay(file)) {
            EvalRun replayed = run(replay);
            assertThat(outcomes(replayed)).isEqualTo(outcomes(live));
            assertThat(replayed.results()).filteredOn(r -> r.route() == Route.REMOTE).isNotEmpty()
                    .allSatisfy(r -> assertThat(r.books().remoteMicroUsd()).isPositive());
            RunInfo info = new RunInfo("shop", RunInfo.Mode.SUITE, "scripted-slm", RunInfo.Llm.replayed(replay.model(), "answers.jsonl"),
                    Runs.policy(), 1);
            ReplacementReport report = ReplacementReport.of(info, replayed);
            String said = "answers of paid were taken from the recording answers.jsonl";
            assertThat(JsonReport.write(report)).contains(said).contains("\"llmReplayedFrom\" : \"answers.jsonl\"");
            assertThat(HtmlReport.render(report)).contains(said);
            assertThat(TextReport.render(report, false).replaceAll("\\s+", " ")).contains(said).contains("LLM paid (replayed)");
        }
        assertThat(Files.readString(file)).doesNotContain("sesame");
    }

    @Test
    void aRequestThatWasNeverRecordedIsRefusedAndCounted() throws IOException {
        Path file = folder.resolve("answers.jsonl");
        try (SimulatedLlm paid = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect());
                RecordedLlm recording = RecordedLlm.record(file, upstream(paid.baseUrl(), null))) {
            EvalRunner.builder().model(cascade(recording)).build().run(suite.limit(2));
        }
        try (RecordedLlm replay = RecordedLlm.replay(file)) {
            EvalRun run = run(replay);
            assertThat(run.results()).hasSize(suite.cases().size());
            assertThat(run.results()).filteredOn(r -> r.route() == Route.REFUSED).isNotEmpty()
                    .allSatisfy(r -> assertThat(r.detail()).contains("holds no answer to this request"));
        }
    }

    @Test
    void anLlmThatFailsIsPassedOnAndNotRecorded() throws IOException {
        Path file = folder.resolve("answers.jsonl");
        try (SimulatedLlm broken = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.builder().failRate(1).failStatus(401).build());
                RecordedLlm recording = RecordedLlm.record(file, upstream(broken.baseUrl(), null))) {
            assertThat(run(recording).results()).filteredOn(r -> r.route() == Route.REFUSED).isNotEmpty()
                    .allSatisfy(r -> assertThat(r.detail()).contains("401"));
        }
        assertThat(Files.readAllLines(file)).hasSize(1);
    }

    @Test
    void aFileThatIsNoRecordingIsNamedByItsLine() throws IOException {
        Path file = Files.writeString(folder.resolve("letter.txt"), "{\"dear\":\"Sir\"}\n");
        assertThatThrownBy(() -> RecordedLlm.replay(file)).isInstanceOf(SuiteException.class).hasMessageContaining("letter.txt:1: is no recording");
        assertThatThrownBy(() -> RecordedLlm.replay(folder.resolve("none"))).hasMessageContaining("does not exist; record an LLM first");
        Path broken = Files.writeString(
                folder.resolve("broken.jsonl"), "{\"kind\":\"llm-recording\",\"schema\":1,\"model\":\"m\"}\n{\"request\":\"x\"}\n");
        assertThatThrownBy(() -> RecordedLlm.replay(broken)).hasMessageContaining("broken.jsonl:2: holds no request and answer");
        assertThatThrownBy(() -> RecordedLlm.record(broken, upstream(URI.create("http://127.0.0.1:1"), null)))
                .hasMessageContaining("broken.jsonl");
        Path other = Files.writeString(folder.resolve("other.jsonl"), "{\"kind\":\"llm-recording\",\"schema\":1,\"model\":\"m\"}\n");
        assertThatThrownBy(() -> RecordedLlm.record(other, upstream(URI.create("http://127.0.0.1:1"), null)))
                .hasMessageContaining("holds answers of m, not of paid");
    }

    private static RecordedLlm.Upstream upstream(URI base, @Nullable String key) {
        return new RecordedLlm.Upstream(base, key, "paid", Duration.ofSeconds(10));
    }

    private EvalRun run(RecordedLlm llm) {
        return EvalRunner.builder().model(cascade(llm)).concurrency(2).build().run(suite);
    }

    private ChatModel cascade(RecordedLlm llm) {
        return CascadeChatModel.builder()
                .local(new ScriptedSlm(suite.cases(), 0.4, 7))
                .remote(RemoteModels.openAiCompatible(llm.baseUrl().toString(), null, llm.model(), Duration.ofSeconds(10)))
                .policy(Runs.policy())
                .ledger(new InMemoryLedger())
                .build();
    }

    private static List<Tuple> outcomes(EvalRun run) {
        return run.results().stream().map(r -> Tuple.tuple(r.caseId(), r.route(), r.right(), r.answer())).toList();
    }
}
