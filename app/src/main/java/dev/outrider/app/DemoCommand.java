package dev.outrider.app;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import dev.outrider.agents.Agent;
import dev.outrider.agents.AgentListener;
import dev.outrider.app.terminal.Style;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.report.JsonReport;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.TextReport;
import dev.outrider.evals.run.EvalRun;
import dev.outrider.evals.run.RunInfo;
import dev.outrider.evals.run.TaskRunner;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.InMemoryBudgetStore;
import dev.outrider.router.budget.SqliteBudgetStore;
import dev.outrider.router.ledger.FileLedger;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.tools.ToolCatalogue;
import dev.outrider.tools.desk.Desk;

/** {@code outrider demo}: customers' requests, live, through the agent, on a real database. */
@Command(
        name = "demo",
        description = {
            "Watch an agent work on customers' requests in a shop's database: a small model inside this process decides most of its"
                    + " steps, an LLM the rest, and a report says how many LLM queries that replaced.",
            "The LLM is the one that OUTRIDER_LLM_URL, OUTRIDER_LLM_MODEL and OUTRIDER_LLM_KEY name; without one it is simulated, and"
                    + " every table says so."
        },
        footer = {
            "",
            "Examples:",
            "  outrider demo",
            "  outrider demo --tasks 20 --seed 7 --llm-slow 800 --llm-wrong 0.1 --out my-demo"
        })
final class DemoCommand implements Callable<Integer> {

    private final Context context;

    @Mixin
    private final DeciderOptions decider = new DeciderOptions();

    @Mixin
    private final LlmOptions llmOptions = new LlmOptions();

    @Option(names = "--tasks", paramLabel = "N", description = "How many requests, drawn by chance. Default: all of the desk suite.")
    private @Nullable Integer tasks;

    @Mixin
    private final SeedOption seed = new SeedOption();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where report.html, report.json, report.md, ledger.jsonl, desk.db and, with a real LLM, budgets.db go. Default: ${DEFAULT-VALUE}")
    private Path out = Path.of("outrider-demo");

    @Option(names = "--quiet", description = "Show the table only, not the requests.")
    private boolean quiet;

    @Option(names = "--json", description = "Print report.json instead of requests and table.")
    private boolean json;

    DemoCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        if (tasks != null && tasks < 1) {
            throw CliException.badInput("--tasks must be at least 1 but is " + tasks);
        }
        Terminal terminal = context.terminal();
        PolicyInForce policy = decider.policy();
        Suite desk = Suite.desk();
        Suite suite = tasks == null ? desk : Sample.ofTasks(desk, tasks, seed.value());
        ReportFiles files = ReportFiles.in(out);
        try (FirstTier first = decider.firstTier(policy.policy());
                LlmOptions.Llm llm = llmOptions.start(System.getenv(), policy.policy(), suite.cases(), seed.value())) {
            if (!json) {
                introduce(terminal, first, llm);
            }
            ReplacementReport report = play(suite, policy, files, first, llm);
            files.write(report);
            conclude(terminal, report, files);
        }
        return ExitCode.OK;
    }

    private ReplacementReport play(
            Suite suite, PolicyInForce policy, ReportFiles files, FirstTier first, LlmOptions.Llm llm) {
        Terminal terminal = context.terminal();
        try (Desk desk = Desk.open(files.database());
                FileLedger ledger = FileLedger.open(files.ledger(), policy.policy().ledger(), System.getenv());
                BudgetStore budgets = budgets(files, llm);
                DemoView view = new DemoView(terminal, quiet || json);
                CascadeChatModel cascade = first.cascade(PolicySource.of(policy), desk.catalogue(), ledger)
                        .remotes(llm.remotes())
                        .budgets(budgets)
                        .build()) {
            TaskRunner runner = TaskRunner.builder()
                    .desk(desk)
                    .agents((tools, runnersListener) -> agent(cascade, tools, runnersListener, view))
                    .progress(view)
                    .build();
            context.interruption().stopWith(runner::stop);
            EvalRun run = runner.run(suite);
            RunInfo info = new RunInfo(
                    "desk", RunInfo.Mode.TASKS, first.name(), llm.info(), policy.policy(), seed.value());
            return ReplacementReport.of(info, run);
        }
    }

    /** Real money is remembered over runs; what a simulated LLM would have cost is nobody's. */
    private static BudgetStore budgets(ReportFiles files, LlmOptions.Llm llm) {
        return llm.free() ? new InMemoryBudgetStore() : SqliteBudgetStore.open(files.budgets());
    }

    private static Agent agent(
            CascadeChatModel cascade, ToolCatalogue tools, AgentListener runnersListener, DemoView view) {
        return Agent.builder()
                .model(cascade)
                .catalogue(tools)
                .workload("desk")
                .listener(new Listeners(List.of(runnersListener, view.nextTask())))
                .build();
    }

    private static void introduce(Terminal terminal, FirstTier first, LlmOptions.Llm llm) {
        terminal.println(terminal.styled(Style.BOLD, "Outrider demo: customers' requests at the desk of a shop"));
        terminal.println("small model   " + first.inWords());
        terminal.println("otherwise     " + llm.sentence());
        terminal.println("");
    }

    private void conclude(Terminal terminal, ReplacementReport report, ReportFiles files) {
        if (json) {
            terminal.println(JsonReport.write(report));
            return;
        }
        terminal.println("");
        terminal.out().print(TextReport.render(report, terminal.colours()));
        terminal.println("Report:  " + files.html().toAbsolutePath().normalize());
        terminal.println("Ledger:  " + files.ledger().toAbsolutePath().normalize());
    }
}
