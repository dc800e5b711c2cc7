package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.app.terminal.Table;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.router.budget.BudgetRule;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.Uncalibrated;
import dev.outrider.router.policy.Workload;

/** {@code outrider policy check}. */
@Command(
        name = "check",
        description = "Check a policy file and the calibration table that it names, and show what it demands.",
        footer = {"", "Example:", "  outrider policy check my-policy.yaml"})
final class PolicyCheckCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(paramLabel = "FILE", description = "The policy file (YAML).")
    private Path file = Path.of("");

    @Option(names = "--full", description = "Print the policy as a file with every default spelled out.")
    private boolean full;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    PolicyCheckCommand(Context context) {
        this.terminal = context.terminal();
    }

    @Override
    public Integer call() {
        PolicyInForce inForce = PolicyInForce.load(file);
        Policy policy = inForce.policy();
        if (full) {
            terminal.out().print(policy.toYaml());
        } else if (json) {
            terminal.println(Json.text(json(inForce)));
        } else {
            print(inForce);
        }
        return ExitCode.OK;
    }

    private void print(PolicyInForce inForce) {
        Policy policy = inForce.policy();
        terminal.println(file + " is a sound policy, version " + policy.version() + ".");
        Table workloads = new Table("workload", "takes", "mode", "risk", "while uncalibrated", "leaves the house");
        for (Workload workload : policy.workloads()) {
            Workload.Demand demand = workload.demand();
            workloads.row(
                    workload.name(),
                    workload.match().inWords(),
                    word(workload.mode()),
                    word(demand.riskKind()) + " " + demand.targetRisk(),
                    demand.uncalibrated() == Uncalibrated.ESCALATE
                            ? "escalate"
                            : "probability " + Objects.toString(demand.minProbability()),
                    word(workload.egress()));
        }
        workloads.lines().forEach(terminal::println);
        for (BudgetRule budget : policy.budgets()) {
            terminal.println("budget " + budget.name() + ": " + budget.unit().text(budget.limit()) + " per "
                    + word(budget.scope()) + (budget.window() == null ? ", for life" : ", every " + Units.duration(
                            budget.window()))
                    + "; when exhausted, " + word(budget.onExhausted()));
        }
        CalibrationTable table = inForce.calibration();
        terminal.println(
                table == null
                        ? "calibration: none"
                        : "calibration: " + table.version() + " of " + table.model() + ", " + table.workloads().size()
                                + " workloads, expires " + table.expires());
    }

    private ObjectNode json(PolicyInForce inForce) {
        Policy policy = inForce.policy();
        ObjectNode node = Json.object().put("file", file.toString()).put("version", policy.version());
        ArrayNode workloads = node.putArray("workloads");
        for (Workload workload : policy.workloads()) {
            workloads
                    .addObject()
                    .put("name", workload.name())
                    .put("takes", workload.match().inWords())
                    .put("mode", word(workload.mode()))
                    .put("riskKind", word(workload.demand().riskKind()))
                    .put("targetRisk", workload.demand().targetRisk())
                    .put("minProbability", workload.demand().minProbability())
                    .put("egress", word(workload.egress()));
        }
        ArrayNode budgets = node.putArray("budgets");
        for (BudgetRule budget : policy.budgets()) {
            budgets.addObject()
                    .put("name", budget.name())
                    .put("scope", word(budget.scope()))
                    .put("unit", word(budget.unit()))
                    .put("limit", budget.limit());
        }
        CalibrationTable table = inForce.calibration();
        return node.put("calibration", table == null ? null : table.version());
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
