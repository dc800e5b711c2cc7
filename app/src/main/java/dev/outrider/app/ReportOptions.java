package dev.outrider.app;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.outrider.evals.report.EnergyInputs;
import dev.outrider.evals.report.LlmAlone;
import dev.outrider.evals.report.ReportInputs;
import dev.outrider.evals.suite.EvalCase;

/** What a report takes from outside: what energy costs, what counts as no worse, and how the LLM does alone. */
final class ReportOptions {

    @Option(
            names = "--energy",
            paramLabel = "INPUTS",
            description = {
                "Reckon joules from these stated inputs, all of them: local-watts=W,local-pue=P,local-utilisation=U,"
                        + "llm-joules-per-prompt-token=J,llm-joules-per-answer-token=J,llm-pue=P,llm-utilisation=U."
                        + " None has a default, and every report repeats them. Default: no joules."
            })
    private @Nullable String energy;

    @Option(
            names = "--margin",
            paramLabel = "SHARE",
            description = "How much lower than the LLM's alone the end accuracy may be and still count as not inferior, between 0 and 1."
                    + " Default: ${DEFAULT-VALUE}.")
    private double margin = ReportInputs.DEFAULT.margin();

    @Option(
            names = "--llm-alone",
            paramLabel = "REPORT",
            description = "A report of the same cases in which the LLM answered (a policy that says 'then: escalate'): it tells how the"
                    + " LLM does on queries that the small model answers here. A report.json or its folder.")
    private @Nullable Path llmAlone;

    /**
     * The inputs; called before anything is run, so that a slip costs nothing.
     *
     * @param cases of the run
     */
    ReportInputs inputs(List<EvalCase> cases) {
        if (!(margin > 0 && margin < 1)) {
            throw CliException.badInput("--margin must be between 0 and 1, neither of them, but is " + margin + "; 0.02 means two in a hundred");
        }
        return new ReportInputs(margin, energy == null ? null : stated(energy), llmAlone == null ? LlmAlone.unknown() : alone(llmAlone, cases));
    }

    private static EnergyInputs stated(String energy) {
        try {
            return EnergyInputs.parse(energy);
        } catch (IllegalArgumentException e) {
            throw CliException.badInput("--" + e.getMessage());
        }
    }

    private static LlmAlone alone(Path report, List<EvalCase> cases) {
        try {
            return LlmAlone.ofReport(report).about(cases.stream().map(EvalCase::id).toList());
        } catch (IllegalArgumentException e) {
            throw CliException.badInput("--llm-alone: " + e.getMessage());
        }
    }
}
