package dev.outrider.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.outrider.app.terminal.Table;
import dev.outrider.app.terminal.Terminal;
import dev.outrider.router.Policy;

/** {@code outrider policy check}. */
@Command(
        name = "check",
        description = "Check a policy file, and show what it demands.",
        footer = {"", "Example:", "  outrider policy check my-policy.yaml"})
final class PolicyCheckCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(paramLabel = "FILE", description = "The policy file (YAML).")
    private Path file = Path.of("");

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    PolicyCheckCommand(Context context) {
        this.terminal = context.terminal();
    }

    @Override
    public Integer call() {
        Policy policy = Policy.load(file);
        Policy.MinProbability least = policy.accept().minProbability();
        if (json) {
            ObjectNode node = Json.object().put("file", file.toString()).put("version", policy.version());
            node.putObject("minProbability")
                    .put("read", least.read())
                    .put("write", least.write())
                    .put("money", least.money())
                    .put("reply", least.reply());
            node.put("rules", policy.rules().size())
                    .put("budgetUsd", policy.budget().usd());
            terminal.println(Json.text(node));
            return ExitCode.OK;
        }
        terminal.println(file + " is a sound policy, version " + policy.version() + ".");
        Table table = new Table("answer", "least probability")
                .row("a call that only looks", least.read())
                .row("a call that changes a record", least.write())
                .row("a call that moves money", least.money())
                .row("a reply in text", least.reply());
        table.lines().forEach(terminal::println);
        terminal.println(policy.rules().size() + " rules; budget for the LLM: " + policy.budget().usd() + " USD");
        return ExitCode.OK;
    }
}
