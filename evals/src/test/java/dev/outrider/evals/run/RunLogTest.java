package dev.outrider.evals.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.Shop;
import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.suite.Suite;

/** What a run leaves on disk, and what is said when it cannot be gone on with. */
class RunLogTest {

    private static final Instant NOW = Instant.parse("2026-03-20T09:00:00Z");

    private final Suite suite = Shop.suite();
    private final RunIdentity identity = identity(suite, 1);

    @TempDir
    Path folder;

    @Test
    void everyResultIsReadBackAsItWasWritten() throws IOException {
        List<QueryResult> written = run(suite).results();
        try (RunLog log = open(identity)) {
            assertThat(log.done().values()).hasSameSizeAs(written);
            for (QueryResult before : written) {
                QueryResult after = log.done().get(before.caseId());
                // the record stays in the ledger
                assertThat(after).usingRecursiveComparison().ignoringFields("record").isEqualTo(before);
            }
            assertThat(log.startedAt()).isEqualTo(NOW);
        }
    }

    @Test
    void aSecondStartRunsNothingAndReportsTheSame() throws IOException {
        EvalRun first = run(suite);
        EvalRun second = EvalRunner.builder()
                .model(new ScriptedSlm(List.of(), 1, 1))
                .log(open(identity))
                .build()
                .run(suite);
        assertThat(second.partial()).isFalse();
        assertThat(second.results()).extracting(QueryResult::caseId, QueryResult::right)
                .isEqualTo(first.results().stream().map(r -> org.assertj.core.groups.Tuple.tuple(r.caseId(), r.right())).toList());
        assertThat(second.notes()).contains("12 of 12 queries were run by an earlier start and not run again");
    }

    @Test
    void aHalfWrittenLineIsAsIfItHadNeverBeen() throws IOException {
        run(suite);
        Path file = folder.resolve("results.jsonl");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 40));
        try (RunLog log = open(identity)) {
            assertThat(log.size()).isEqualTo(11);
        }
        assertThat(Files.readString(file)).endsWith("}\n");
    }

    @Test
    void resultsOfAnotherRunAreRefusedAndTheDifferenceIsNamed() throws IOException {
        run(suite);
        assertThatThrownBy(() -> open(identity(suite, 2)))
                .isInstanceOf(RunException.class)
                .hasMessageContaining("results.jsonl: holds another run (seed 1, now 2)")
                .hasMessageContaining("--fresh");
        assertThatThrownBy(() -> open(identity(suite.limit(5), 1))).hasMessageContaining("planned 12, now 5");
    }

    @Test
    void aBrokenLineIsNamedByItsNumber() throws IOException {
        run(suite);
        Files.writeString(folder.resolve("results.jsonl"), "{\"kind\":\"result\",\"case\":\n", StandardOpenOption.APPEND);
        int lines = Files.readAllLines(folder.resolve("results.jsonl")).size();
        assertThatThrownBy(() -> open(identity)).isInstanceOf(RunException.class)
                .hasMessageContaining("line " + lines + " is no JSON").hasMessageContaining("remove the line")
                .message().doesNotContain("\n");
    }

    @Test
    void anotherVersionIsRefused() throws IOException {
        run(suite);
        Path file = folder.resolve("results.jsonl");
        Files.writeString(file, Files.readString(file).replaceFirst("\"schema\":1", "\"schema\":7"));
        assertThatThrownBy(() -> open(identity)).hasMessageContaining("is of version 7, this Outrider reads version 1");
        Files.writeString(file, "{\"id\":\"x\"}\n");
        assertThatThrownBy(() -> open(identity)).hasMessageContaining("does not begin as the results of a run do");
    }

    @Test
    void aFreshStartThrowsAwayWhatIsThere() throws IOException {
        run(suite);
        try (RunLog log = RunLog.open(folder.resolve("results.jsonl"), identity(suite, 9), NOW, true)) {
            assertThat(log.size()).isZero();
        }
    }

    @Test
    void oneRunAtATimeHoldsTheFile() {
        try (RunLog log = open(identity)) {
            assertThat(log.size()).isZero();
            assertThatThrownBy(() -> open(identity)).isInstanceOf(RunException.class).hasMessageContaining("open in this process already");
        }
    }

    private RunLog open(RunIdentity of) {
        return RunLog.open(folder.resolve("results.jsonl"), of, NOW, false);
    }

    private static RunIdentity identity(Suite suite, long seed) {
        RunInfo info = new RunInfo(
                "shop", RunInfo.Mode.SUITE, "scripted-slm", RunInfo.Llm.simulated(SimulatedLlmBehaviour.perfect()), Runs.policy(), seed);
        return RunIdentity.of(info, suite.cases());
    }

    private EvalRun run(Suite cases) throws IOException {
        try (SimulatedLlm llm = SimulatedLlm.start(cases.cases(), SimulatedLlmBehaviour.perfect()); RunLog log = open(identity)) {
            return EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(cases.cases(), 0.5, 3), llm))
                    .log(log)
                    .build()
                    .run(cases);
        }
    }
}
