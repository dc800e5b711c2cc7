package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
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
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.FileLedger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.remote.RemoteChain;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.tools.desk.Desk;

/** {@code outrider run}: one request, worked on by the agent at the desk. */
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
            "  outrider run --db shop.db --local-only --json \"Cancel ORD-48213.\""
        })
final class RunCommand implements Callable<Integer> {

    private final Context context;

    @Parameters(paramLabel = "REQUEST", description = "What the customer or clerk wants; '-' reads standard input.")
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
            description = "Where every decision is appended, a JSON line each. Default: ${DEFAULT-VALUE}")
    private Path ledgerFile = Path.of("outrider-ledger.jsonl");

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
        String request = TextInput.read(words, null, "request");
        PolicyInForce policy = decider.policy();
        boolean fresh = !Files.exists(database);
        try (FirstTier first = decider.firstTier(policy.policy());
                Desk desk = Desk.open(database);
                FileLedger ledger = FileLedger.open(ledgerFile, policy.policy().ledger(), System.getenv())) {
            if (fresh) {
                terminal.note("outrider: made a new shop in " + database);
            }
            CascadeChatModel cascade = first.cascade(PolicySource.of(policy), desk.catalogue(), ledger)
                    .remotes(this::llms)
                    .build();
            AgentRun run = Agent.builder()
                    .model(cascade)
                    .catalogue(desk.catalogue())
                    .maxSteps(maxSteps)
                    .workload("desk")
                    .listener(json ? AgentListener.NONE : new LiveView(terminal, 0))
                    .build()
                    .run(request);
            if (json) {
                terminal.println(Json.text(json(request, run, cascade.stats())));
            } else {
                print(terminal, run, cascade.stats());
            }
            if (run.outcome() != Outcome.ANSWERED && !json) {
                throw CliException.failed(run.reason());
            }
            return run.outcome() == Outcome.ANSWERED ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private Optional<RemoteChain> llms(Policy policy) {
        return localOnly
                ? Optional.empty()
                : RemoteModels.chain(policy.models().remote(), policy.resilience(), System.getenv());
    }

    private static void print(Terminal terminal, AgentRun run, RoutingStats stats) {
        if (run.outcome() == Outcome.ANSWERED) {
            terminal.println("");
            terminal.println(terminal.styled(Style.BOLD, run.finalText()));
        }
        terminal.note(terminal.styled(
                Style.DIM,
                String.format(
                        Locale.ROOT,
                        "%d model queries, %d answered locally, %d by the LLM for %s",
                        stats.queries(),
                        stats.accepted() + stats.acceptedUnproved(),
                        stats.escalatedTotal(),
                        MicroUsd.format(stats.remoteMicroUsd()))));
    }

    private static ObjectNode json(String request, AgentRun run, RoutingStats stats) {
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
                    .put("probability", probability(step.record()))
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
        node.put("queries", stats.queries())
                .put("answeredLocally", stats.accepted() + stats.acceptedUnproved())
                .put("remoteUsd", stats.remoteMicroUsd() / 1e6);
        return node;
    }

    private static @Nullable Double probability(@Nullable DecisionRecord record) {
        if (record == null || record.local() == null || record.local().evidence() == null) {
            return null;
        }
        return record.local().evidence().smallestDecisionProbability();
    }
}
