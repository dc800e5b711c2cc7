package dev.outrider.evals.report;

import java.io.IOException;
import java.nio.file.Path;

import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.Runs;
import dev.outrider.evals.suite.Suite;

/** Writes a report of the desk suite with a scripted SLM, to look at the page: {@code java … SampleReport FOLDER}. */
final class SampleReport {

    private SampleReport() {}

    public static void main(String[] args) throws IOException {
        Suite suite = Suite.desk();
        SimulatedLlmBehaviour behaviour = SimulatedLlmBehaviour.perfect();
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), behaviour)) {
            EvalRun run = EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(suite.cases(), 0.8, 4), llm))
                    .build()
                    .run(suite);
            ReplacementReport report = ReplacementReport.of(Runs.info("desk", behaviour), run);
            ReportFiles.write(Path.of(args[0]), report);
            System.out.print(TextReport.render(report, false));
        }
    }
}
