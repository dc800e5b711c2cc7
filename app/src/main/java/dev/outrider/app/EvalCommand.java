package dev.outrider.app;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.app.terminal.Progress;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.report.JsonReport;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.TextReport;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.ledger.FileLedger;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.tools.desk.Desk;

/** {@code outrider eval}: suites through the cascade, case by case. */
@Command(
        name = "eval",
        description = {
            "Run suites of recorded queries through the cascade and write a replacement report.",
            "A suite is a JSON-lines file, a folder of them, a glob, or 'desk' for the built-in one."
        },
        footer = {
            "",
            "Examples:",
            "  outrider eval desk --out report",
            "  outrider eval suites/*.jsonl --out report --sample 200 --seed 7 --json > summary.json"
        })
final class EvalCommand implements Callable<Integer> {

    private final Context context;

    @Parameters(arity = "1..*", paramLabel = "SUITE", description = "Suites to run.")
    private List<String> suites = List.of();

    @Mixin
    private final DeciderOptions decider = new DeciderOptions();

    @Mixin
    private final LlmOptions llmOptions = new LlmOptions();

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Where report.html, report.json and ledger.jsonl go.")
    private Path out = Path.of("");

    @Option(names = "--sample", paramLabel = "N", description = "Run about so many cases, whole tasks drawn by chance.")
    private int sample;

    @Mixin
    private final SeedOption seed = new SeedOption();

    @Option(names = "--json", description = "Print report.json instead of the table.")
    private boolean json;

    EvalCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        Terminal terminal = context.terminal();
        if (sample < 0) {
            throw CliException.badInput("--sample must be at least 1 but is " + sample);
        }
        PolicyInForce policy = decider.policy();
        Suite suite = Suite.load(suites);
        if (sample > 0) {
            suite = Sample.of(suite, sample, seed.value());
        }
        ReportFiles files = ReportFiles.in(out);
        int cases = (int) suite.cases().stream().filter(EvalCase::runnable).count();
        ReplacementReport report;
        try (FirstTier first = decider.firstTier(policy.policy());
                LlmOptions.Llm llm = llmOptions.start(System.getenv(), policy.policy(), suite.cases(), seed.value());
                Desk desk = Desk.inMemory();
                FileLedger ledger = FileLedger.open(files.ledger(), policy.policy().ledger(), System.getenv());
                Progress progress = new Progress(terminal, "queries", cases, System::nanoTime)) {
            terminal.note("outrider: " + cases + " queries of " + suite.name() + "; " + llm.sentence());
            CascadeChatModel cascade = first.cascade(PolicySource.of(policy), desk.catalogue(), ledger)
                    .remotes(llm.remotes())
                    .build();
            EvalRunner runner = EvalRunner.builder()
                    .model(cascade)
                    .progress((done, planned, result, elapsed, left) -> progress.done(done))
                    .build();
            context.interruption().stopWith(runner::stop);
            EvalRun run = runner.run(suite);
            report = ReplacementReport.of(
                    new RunInfo(suite.name(), RunInfo.Mode.SUITE, first.name(), llm.info(), policy.policy(), seed.value()), run);
            files.write(report);
        }
        if (json) {
            terminal.println(JsonReport.write(report));
        } else {
            terminal.out().print(TextReport.render(report, terminal.colours()));
            terminal.println("Report: " + files.html().toAbsolutePath().normalize());
        }
        return ExitCode.OK;
    }
}
