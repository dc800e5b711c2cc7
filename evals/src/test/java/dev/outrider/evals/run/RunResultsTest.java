package dev.outrider.evals.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.Shop;
import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.suite.Suite;

class RunResultsTest {

    private final Suite suite = Shop.suite().repeated(20);

    @TempDir
    Path folder;

    @Test
    void answersAreJudgedAnewAndTheFiguresAreThoseOfTheRun() throws IOException {
        SimulatedLlmBehaviour behaviour = SimulatedLlmBehaviour.builder().wrongRate(0.3).build();
        EvalRun run;
        Path file = folder.resolve("results.jsonl");
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), behaviour);
                RunLog log = RunLog.open(file, RunIdentity.of(Runs.info("shop", behaviour), suite.cases()), Instant.EPOCH, false)) {
            run = EvalRunner.builder().model(Runs.cascade(new ScriptedSlm(suite.cases(), 0.5, 3), llm)).log(log).build().run(suite);
        }
        // what the file says about right and wrong is not believed
        Files.writeString(file, Files.readString(file).replace("\"right\":true", "\"right\":false"));

        List<QueryResult> read = new RunResults(suite.cases(), 50).read(file);
        assertThat(read).hasSize(240);
        assertThat(read.subList(0, 30)).anySatisfy(r -> assertThat(r.question()).isNotEmpty());
        assertThat(read.subList(100, 240)).allSatisfy(r -> assertThat(r.question() + r.answer()).isEmpty());
        ReplacementReport live = ReplacementReport.of(Runs.info("shop", behaviour), run);
        ReplacementReport again = ReplacementReport.of(
                Runs.info("shop", behaviour), new EvalRun(read, List.of(), 240, false, "", run.startedAt(), run.seconds(), run.notes()));
        assertThat(again.total()).isEqualTo(live.total());
        assertThat(again.cost()).isEqualTo(live.cost());
        assertThat(again.replacementRateCi()).isEqualTo(live.replacementRateCi());

        assertThatThrownBy(() -> new RunResults(suite.limit(5).cases(), 50).read(file))
                .isInstanceOf(RunException.class).hasMessageContaining("line ").hasMessageContaining("which is in none of the suites");
    }
}
