package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.agents.Agent;
import dev.outrider.agents.AgentCall;
import dev.outrider.agents.AgentListener;
import dev.outrider.agents.AgentRun;
import dev.outrider.agents.AgentStep;
import dev.outrider.agents.Outcome;
import dev.outrider.app.terminal.Style;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.MicroUsd;
import dev.outrider.router.RoutingStats;
import dev.outrider.router.audit.ShadowAudits;
import dev.outrider.router.budget.SqliteBudgetStore;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.FileLedger;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.LedgerReader;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.privacy.RecordCipher;
import dev.outrider.router.remote.RemoteChain;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.tools.desk.Desk;

/** {@code outrider run}: requests, worked on by the agent at the desk. */
@Command(
        name = "run",
        description = {
            "Let the agent work on one request at the desk, a shop's back office in a SQLite file.",
            "What the small model is not sure of goes to the LLM that OUTRIDER_LLM_URL, OUTRIDER_LLM_MODEL and OUTRIDER_LLM_KEY name;"
                    + " without one it is refused."
        },
        footer = {
            "",
            "Examples:",
            "  outrider run \"Has ORD-48213 left the house yet?\"",
            "  outrider run --db shop.db --local-only --json \"Cancel ORD-48213.\"",
            "  outrider run --policy shop.yaml --lines < requests.txt"
        })
final class RunCommand implements Callable<Integer> {

    private final Context context;

    @Parameters(arity = "0..*", paramLabel = "REQUEST", description = "What the customer or clerk wants; '-' reads standard input.")
    private List<String> words = List.of();

    @Mixin
    private final DeciderOptions decider = new DeciderOptions();

    @Option(
            names = "--db",
            paramLabel = "FILE",
            description = "The shop's database; made and filled when it does not exist. Default: ${DEFAULT-VALUE}")
    private Path database = Path.of("outrider-desk.db");

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description = "Where every decision is appended: JSON lines, or SQLite for a file that ends in .db, .sqlite or"
                    + " .sqlite3. Default: ${DEFAULT-VALUE}")
    private Path ledgerFile = Path.of("outrider-ledger.jsonl");

    @Option(
            names = "--budgets",
            paramLabel = "FILE",
            description = "Where the policy's budgets remember what was spent (SQLite). Default: ${DEFAULT-VALUE}")
    private Path budgetFile = Path.of("outrider-budgets.db");

    @Option(
            names = "--lines",
            description = "Every line of standard input is a request of its own, until it ends. A policy file that changes"
                    + " meanwhile is taken up between two requests.")
    private boolean lines;

    @Option(names = "--local-only", description = "Ask no LLM, even if one is configured.")
    private boolean localOnly;

    @Option(names = "--max-steps", paramLabel = "N", description = "Most model queries. Default: ${DEFAULT-VALUE}.")
    private int maxSteps = Agent.DEFAULT_MAX_STEPS;

    @Option(names = "--json", description = "Print one JSON object instead of the steps.")
    private boolean json;

    RunCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        Terminal terminal = context.terminal();
        if (lines && !words.isEmpty()) {
            throw CliException.badInput("--lines reads the requests from standard input; leave out the words, or --lines");
        }
        String request = lines ? null : TextInput.read(words, null, "request");
        boolean fresh = !Files.exists(database);
        try (WatchedPolicy policy = decider.watchedPolicy();
                FirstTier first = decider.firstTier(policy.current().policy());
                Desk desk = Desk.open(database);
                FileLedger ledger = FileLedger.open(ledgerFile, policy.current().policy().ledger(), System.getenv());
                SqliteBudgetStore budgets = SqliteBudgetStore.open(budgetFile);
                CascadeChatModel cascade = first.cascade(policy, desk.catalogue(), ledger)
                        .remotes(this::llms)
                        .budgets(budgets)
                        .audits(remembered(policy.current().policy()))
                        .build()) {
            if (fresh) {
                terminal.note("outrider: made a new shop in " + database);
            }
            if (request == null) {
                return eachLine(desk, cascade);
            }
            AgentRun run = work(request, desk, cascade);
            if (run.outcome() != Outcome.ANSWERED && !json) {
                throw CliException.failed(run.reason());
            }
            return run.outcome() == Outcome.ANSWERED ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    /** What audits of earlier runs found goes on to hold: a bound that they suspended stays suspended. */
    private ShadowAudits remembered(Policy policy) {
        ShadowAudits audits = new ShadowAudits(policy.audit());
        if (Files.isRegularFile(ledgerFile)) {
            RecordCipher cipher = RecordCipher.fromEnvironment(System.getenv()).orElse(null);
            try (Stream<LedgerEntry> entries = LedgerReader.of(ledgerFile, cipher).entries()) {
                audits.replay(entries);
            }
        }
        return audits;
    }

    /** What fails is told and the next line is worked on: whoever types the next one has seen it. */
    private int eachLine(Desk desk, CascadeChatModel cascade) {
        int code = ExitCode.OK;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try {
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                if (line.isBlank()) {
                    continue;
                }
                AgentRun run = work(line.strip(), desk, cascade);
                if (context.interruption().raised()) {
                    return ExitCode.FAILED;
                }
                if (run.outcome() != Outcome.ANSWERED) {
                    code = ExitCode.FAILED;
                    context.terminal().note("outrider: " + run.reason());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return code;
    }

    private AgentRun work(String request, Desk desk, CascadeChatModel cascade) {
        Terminal terminal = context.terminal();
        RoutingStats before = cascade.stats();
        AgentRun run = Agent.builder()
                .model(cascade)
                .catalogue(desk.catalogue())
                .maxSteps(maxSteps)
                .workload("desk")
                .listener(json ? AgentListener.NONE : new LiveView(terminal, 0))
                .build()
                .run(request);
        Tally tally = Tally.between(before, cascade.stats());
        if (json) {
            terminal.println(Json.text(json(request, run, tally)));
        } else {
            print(terminal, run, tally);
        }
        return run;
    }

    /**
     * What one request took.
     *
     * @param queries model queries
     * @param locally those that the small model answered
     * @param escalated those that the LLM answered
     * @param remoteMicroUsd what the LLM cost, in micro-dollars
     */
    private record Tally(long queries, long locally, long escalated, long remoteMicroUsd) {

        static Tally between(RoutingStats before, RoutingStats after) {
            return new Tally(
                    after.queries() - before.queries(),
                    locally(after) - locally(before),
                    after.escalatedTotal() - before.escalatedTotal(),
                    after.remoteMicroUsd() - before.remoteMicroUsd());
        }

        private static long locally(RoutingStats stats) {
            return stats.accepted() + stats.acceptedUnproved();
        }
    }

    private Optional<RemoteChain> llms(Policy policy) {
        return localOnly
                ? Optional.empty()
                : RemoteModels.chain(policy.models().remote(), policy.resilience(), System.getenv());
    }

    private static void print(Terminal terminal, AgentRun run, Tally tally) {
        if (run.outcome() == Outcome.ANSWERED) {
            terminal.println("");
            terminal.println(terminal.styled(Style.BOLD, run.finalText()));
        }
        terminal.note(terminal.styled(
                Style.DIM,
                String.format(
                        Locale.ROOT,
                        "%d model queries, %d answered locally, %d by the LLM for %s",
                        tally.queries(),
                        tally.locally(),
                        tally.escalated(),
                        MicroUsd.format(tally.remoteMicroUsd()))));
    }

    private static ObjectNode json(String request, AgentRun run, Tally tally) {
        ObjectNode node = Json.object()
                .put("request", request)
                .put("outcome", run.outcome().name())
                .put("text", run.finalText())
                .put("reason", run.reason());
        ArrayNode steps = node.putArray("steps");
        for (AgentStep step : run.steps()) {
            ObjectNode one = steps.addObject()
                    .put("answer", AnswerText.of(step.message()))
                    .put("decision", step.decision() == null ? null : step.decision().label())
                    .put("probability", step.record() == null ? null : step.record().probability())
                    .put("seconds", step.took().toNanos() / 1e9);
            ArrayNode calls = one.putArray("calls");
            for (AgentCall call : step.calls()) {
                calls.addObject()
                        .put("name", call.outcome().request().name())
                        .put("arguments", call.outcome().request().arguments())
                        .put("status", call.status().name())
                        .put("result", call.outcome().text());
            }
        }
        node.put("queries", tally.queries())
                .put("answeredLocally", tally.locally())
                .put("remoteUsd", tally.remoteMicroUsd() / 1e6);
        return node;
    }
}
