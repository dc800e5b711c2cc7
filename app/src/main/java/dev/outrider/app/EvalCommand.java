package dev.outrider.app;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.app.terminal.Progress;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.report.JsonReport;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.ReportInputs;
import dev.outrider.evals.report.TextReport;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.EvalRunner;
import dev.outrider.evals.run.MoneyLimit;
import dev.outrider.evals.run.PaidJudge;
import dev.outrider.evals.run.Recovery;
import dev.outrider.evals.run.RunIdentity;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.run.RunLog;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.InMemoryBudgetStore;
import dev.outrider.router.ledger.FileLedger;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.privacy.RecordCipher;
import dev.outrider.tools.desk.Desk;

/** {@code outrider eval}: suites through the cascade, case by case. */
@Command(
        name = "eval",
        subcommands = EvalCompareCommand.class,
        description = {
            "Run suites of recorded queries through the cascade and write a replacement report.",
            "A suite is a JSON-lines file, a folder of them, a glob, or 'desk' for the built-in one.",
            "The same command goes on where an earlier one was stopped or killed: no query is run or paid twice."
        },
        footer = {
            "",
            "Examples:",
            "  outrider eval desk --out report",
            "  outrider eval suites/*.jsonl --out report --sample 200 --seed 7 --json > summary.json",
            "  outrider eval desk --out report --concurrency 4 --max-usd 2.50 --tag two_step",
            "  outrider eval suites/ --out cascade --llm-alone llm-only --margin 0.03"
        })
final class EvalCommand implements Callable<Integer> {

    private final Context context;

    @Parameters(arity = "0..*", paramLabel = "SUITE", description = "Suites to run.")
    private List<String> suites = List.of();

    @Mixin
    private final DeciderOptions decider = new DeciderOptions();

    @Mixin
    private final LlmOptions llmOptions = new LlmOptions();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where report.html, report.json, report.md, results.jsonl and ledger.jsonl go.")
    private @Nullable Path out;

    @Option(names = "--sample", paramLabel = "N", description = "Run about so many cases, whole tasks drawn by chance.")
    private int sample;

    @Option(
            names = "--tag",
            paramLabel = "WORD",
            description = "Run only cases with this tag, of this category or of this suite; !WORD leaves them out. May be given often.")
    private List<String> tags = List.of();

    @Option(
            names = "--repeat",
            paramLabel = "N",
            description = "Run every case so many times, for models that do not always answer the same. Default: ${DEFAULT-VALUE}.")
    private int repeat = 1;

    @Option(
            names = "--skip-broken",
            description = "Leave out lines of a suite that cannot be used, and name them. Default: the first one ends the command.")
    private boolean skipBroken;

    @Mixin
    private final SeedOption seed = new SeedOption();

    @Mixin
    private final RunOptions run = new RunOptions();

    @Mixin
    private final JudgeOptions judgeOptions = new JudgeOptions();

    @Mixin
    private final ReportOptions reportOptions = new ReportOptions();

    @Option(names = "--json", description = "Print report.json instead of the table.")
    private boolean json;

    EvalCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        Terminal terminal = context.terminal();
        // not left to the parser, which would ask them of the subcommands as well
        if (suites.isEmpty() || out == null) {
            throw CliException.badInput((suites.isEmpty() ? "name a suite to run" : "name the directory of the report with --out")
                    + ", for example 'outrider eval desk --out report'. See 'outrider eval --help'.");
        }
        if (sample < 0) {
            throw CliException.badInput("--sample must be at least 1 but is " + sample);
        }
        PolicyInForce policy = decider.policy();
        Suite suite = suite();
        judgeOptions.check(suite.cases(), System.getenv(), policy.policy());
        ReportInputs inputs = reportOptions.inputs(suite.cases());
        ReportFiles files = ReportFiles.resuming(out, run.fresh());
        ReplacementReport report;
        try (FirstTier first = decider.firstTier(policy.policy(), run.concurrency());
                LlmOptions.Llm llm = llmOptions.start(System.getenv(), policy.policy(), suite.cases(), seed.value())) {
            RunInfo info = new RunInfo(
                    suite.name(), RunInfo.Mode.SUITE, first.name(), llm.info(), policy.policy(), seed.value());
            report = ReplacementReport.of(info, run(suite, info, policy, files, first, llm), inputs);
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

    private RunIdentity identity(RunInfo info, List<EvalCase> cases) {
        return RunIdentity.of(info, cases).withJudge(judgeOptions.name(cases));
    }

    private Suite suite() {
        Suite suite = Suite.load(suites, skipBroken ? Suite.BrokenLines.SKIP : Suite.BrokenLines.REFUSE);
        if (!tags.isEmpty()) {
            suite = suite.tagged(tags);
        }
        if (sample > 0) {
            suite = Sample.of(suite, sample, seed.value());
        }
        return suite.repeated(repeat);
    }

    private EvalRun run(
            Suite suite, RunInfo info, PolicyInForce policy, ReportFiles files, FirstTier first, LlmOptions.Llm llm) {
        List<EvalCase> cases = suite.cases().stream().filter(EvalCase::runnable).toList();
        RecordCipher cipher = RecordCipher.fromEnvironment(System.getenv()).orElse(null);
        try (RunLog log = RunLog.open(files.results(), identity(info, cases), Instant.now(), run.fresh());
                Desk desk = Desk.inMemory();
                FileLedger ledger = FileLedger.open(files.ledger(run.fresh()), policy.policy().ledger(), System.getenv());
                Progress progress = new Progress(context.terminal(), "queries", cases.size(), System::nanoTime)) {
            Recovery recovery = Recovery.of(files.ledger(), cipher, log);
            progress.doneBefore(log.size());
            context.terminal().note("outrider: " + cases.size() + " queries of " + suite.name()
                    + (log.size() == 0 ? "" : ", " + log.size() + " of them done before") + "; " + llm.sentence());
            MoneyLimit limit = run.limit();
            PolicySource inForce = PolicySource.of(limit == null ? policy : limit.in(policy, recovery.spentMicroUsd()));
            PaidJudge judge = judgeOptions.judge(System.getenv(), policy.policy(), log.judging());
            try (BudgetStore budgets = new InMemoryBudgetStore();
                    CascadeChatModel cascade = first.cascade(inForce, desk.catalogue(), log.watch(ledger))
                    .remotes(llm.remotes())
                    .budgets(budgets)
                    .build()) {
                EvalRunner runner = EvalRunner.builder()
                        .model(cascade)
                        .log(log)
                        .recovery(recovery)
                        .concurrency(run.concurrency())
                        .stopAfterFailures(run.failuresToStop())
                        .limit(limit)
                        .freeLlm(llm.free())
                        .judge(judge == null || limit == null ? judge : judge.within(limit, budgets, recovery.spentMicroUsd()))
                        .progress(new RunningRate(progress))
                        .build();
                context.interruption().stopWith(runner::stop);
                return runner.run(suite);
            }
        }
    }
}
