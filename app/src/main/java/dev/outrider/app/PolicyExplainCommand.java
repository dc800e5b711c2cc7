package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.app.terminal.Style;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeAttributes;
import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.Explanation;
import dev.outrider.router.MicroUsd;
import dev.outrider.router.budget.BudgetState;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.policy.Workload;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.tools.desk.Desk;

/** {@code outrider policy explain}. */
@Command(
        name = "explain",
        description = {
            "Say what would happen to a request, and because of what: its workload, what may leave, what the budgets have left, how"
                    + " sure the small model is and how sure it must be.",
            "The small model is asked here; nothing is sent to an LLM, nothing is charged and no tool runs."
        },
        footer = {
            "",
            "Examples:",
            "  outrider policy explain \"Has ORD-48213 left the house yet?\"",
            "  outrider policy explain --policy my-policy.yaml --tools get_order,refund_order --json \"Refund ORD-48213.\""
        })
final class PolicyExplainCommand implements Callable<Integer> {

    private final Context context;

    @Parameters(arity = "0..*", paramLabel = "REQUEST", description = "What the customer or clerk wants; '-' reads standard input.")
    private List<String> words = List.of();

    @Mixin
    private final DeciderOptions decider = new DeciderOptions();

    @Option(
            names = "--tools",
            split = ",",
            paramLabel = "NAME",
            description = "The tools that the request offers. Default: all of the desk.")
    private List<String> tools = List.of();

    @Option(names = "--suite-case", paramLabel = "ID", description = "Take request and tools from this case of the desk suite.")
    private @Nullable String suiteCase;

    @Option(names = "--label", paramLabel = "LABEL", description = "The caller's label of the work. Default: ${DEFAULT-VALUE}.")
    private String label = "desk";

    @Option(names = "--subtask", paramLabel = "KIND", description = "The caller's kind of subtask.")
    private @Nullable String subtask;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    PolicyExplainCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        PolicyInForce policy = decider.policy();
        CascadeAttributes attributes = new CascadeAttributes(null, null, null, subtask, null, label, List.of());
        try (Desk desk = Desk.inMemory()) {
            ChatRequest request = request(desk);
            try (FirstTier first = decider.firstTier(policy.policy());
                    CascadeChatModel cascade = first.cascade(
                                    PolicySource.of(policy), desk.catalogue(), new InMemoryLedger())
                            .remotes(p -> RemoteModels.chain(p.models().remote(), p.resilience(), System.getenv()))
                            .build()) {
                Explanation explanation = cascade.explain(request, attributes);
                if (json) {
                    context.terminal().println(Json.text(json(explanation)));
                } else {
                    print(context.terminal(), explanation);
                }
            }
        }
        return ExitCode.OK;
    }

    private ChatRequest request(Desk desk) {
        if (suiteCase != null) {
            if (!words.isEmpty() || !tools.isEmpty()) {
                throw CliException.badInput("--suite-case brings its own request and tools; leave out the others");
            }
            EvalCase found = Suite.desk().cases().stream()
                    .filter(c -> c.id().equals(suiteCase))
                    .findFirst()
                    .orElseThrow(() -> CliException.badInput("the desk suite has no case " + suiteCase));
            return ChatRequest.builder()
                    .messages(found.messages())
                    .toolSpecifications(found.specifications())
                    .build();
        }
        String text = TextInput.read(words, null, "request");
        List<ToolSpecification> all = desk.catalogue().specifications();
        for (String name : tools) {
            if (all.stream().noneMatch(tool -> tool.name().equals(name))) {
                throw CliException.badInput("the desk has no tool " + name + "; it has "
                        + String.join(", ", all.stream().map(ToolSpecification::name).toList()));
            }
        }
        return ChatRequest.builder()
                .messages(UserMessage.from(text))
                .toolSpecifications(all.stream()
                        .filter(tool -> tools.isEmpty() || tools.contains(tool.name()))
                        .toList())
                .build();
    }

    private static void print(Terminal terminal, Explanation e) {
        Workload workload = e.workload();
        line(terminal, "policy", e.policy());
        line(terminal, "workload", workload.name() + " (" + workload.match().inWords() + "), mode "
                + PolicyCheckCommand.word(workload.mode()));
        line(terminal, "may leave", PolicyCheckCommand.word(e.egress())
                + (e.keeper() == null ? "" : ", because of workload " + e.keeper().name()));
        for (BudgetState budget : e.budgets()) {
            line(terminal, "budget", budget.rule().name() + ": " + budget.rule().unit().text(budget.available()) + " of "
                    + budget.rule().unit().text(budget.rule().limit()) + " left");
        }
        Long lease = e.leaseMicroUsd();
        line(terminal, "LLM", e.models().isEmpty() || lease == null
                ? "none configured"
                : String.join(", then ", e.models()) + "; asking sets " + MicroUsd.format(lease) + " aside");
        DecisionRecord.Local local = e.local();
        if (local != null) {
            line(terminal, "local answer", answer(local) + (e.effect() == null ? "" : " (" + e.effect() + ")"));
            line(terminal, "evidence", evidence(e));
        }
        line(terminal, "demanded", demanded(e));
        line(terminal, "decision", e.decision().label());
        terminal.println("");
        terminal.println(terminal.styled(Style.BOLD, "So " + e.then() + "."));
    }

    private static void line(Terminal terminal, String what, String value) {
        terminal.println(String.format(Locale.ROOT, "%-14s%s", what, value));
    }

    private static String answer(DecisionRecord.Local local) {
        Answer answer = local.answer();
        if (answer == null) {
            return "none: " + local.error();
        }
        return answer.calls().isEmpty()
                ? "\"" + answer.text() + "\""
                : String.join("; ", answer.calls().stream().map(call -> call.name() + call.arguments()).toList());
    }

    private static String evidence(Explanation e) {
        DecisionRecord.Local local = e.local();
        DecisionRecord.Evidence evidence = local == null ? null : local.evidence();
        if (evidence == null || evidence.smallestDecisionProbability() == null) {
            return "none";
        }
        String weakest = String.format(
                Locale.ROOT,
                "least certain of %d decisions %.3f",
                evidence.decisionTokens(),
                evidence.smallestDecisionProbability());
        DecisionRecord.Calibrated calibrated = e.calibration();
        return calibrated == null || calibrated.probability() == null
                ? weakest
                : weakest + String.format(Locale.ROOT, "; right with probability %.3f", calibrated.probability());
    }

    private static String demanded(Explanation e) {
        Workload.Demand demand = e.workload().demand();
        String wanted = PolicyCheckCommand.word(demand.riskKind()) + " risk of at most " + demand.targetRisk();
        if (e.threshold() == null) {
            return wanted;
        }
        WorkloadCalibration by = e.calibrated();
        return by == null
                ? String.format(Locale.ROOT, "probability %.3f, typed into the policy; it bounds no risk", e.threshold())
                : String.format(
                        Locale.ROOT,
                        "probability %.3f for a %s; bound %.4f from n = %d, expires %s",
                        e.threshold(),
                        wanted,
                        by.riskBound(),
                        by.n(),
                        e.expires());
    }

    private static ObjectNode json(Explanation e) {
        ObjectNode node = Json.object()
                .put("policy", e.policy())
                .put("workload", e.workload().name())
                .put("mode", PolicyCheckCommand.word(e.workload().mode()))
                .put("egress", PolicyCheckCommand.word(e.egress()))
                .put("egressBecauseOf", e.keeper() == null ? null : e.keeper().name());
        ArrayNode candidates = node.putArray("candidates");
        e.candidates().forEach(candidate -> candidates.add(candidate.name()));
        ArrayNode budgets = node.putArray("budgets");
        for (BudgetState budget : e.budgets()) {
            budgets.addObject()
                    .put("name", budget.rule().name())
                    .put("unit", PolicyCheckCommand.word(budget.rule().unit()))
                    .put("available", budget.available())
                    .put("limit", budget.rule().limit());
        }
        ArrayNode models = node.putArray("models");
        e.models().forEach(models::add);
        node.put("leaseMicroUsd", e.leaseMicroUsd());
        DecisionRecord.Local local = e.local();
        if (local != null) {
            node.put("answer", answer(local)).put("effect", e.effect());
            Optional.ofNullable(local.evidence())
                    .ifPresent(evidence -> node.put("leastCertain", evidence.smallestDecisionProbability()));
        }
        DecisionRecord.Calibrated calibration = e.calibration();
        node.put("probability", calibration == null ? null : calibration.probability())
                .put("threshold", e.threshold())
                .put("riskKind", PolicyCheckCommand.word(e.workload().demand().riskKind()))
                .put("targetRisk", e.workload().demand().targetRisk())
                .put("riskBound", calibration == null ? null : calibration.riskBound())
                .put("n", calibration == null ? null : calibration.n())
                .put("expires", e.expires() == null ? null : e.expires().toString())
                .put("decision", e.decision().label())
                .put("then", e.then());
        return node;
    }
}
