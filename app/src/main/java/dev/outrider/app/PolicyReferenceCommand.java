package dev.outrider.app;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

import dev.outrider.app.terminal.Terminal;
import dev.outrider.router.policy.PolicyReference;

/** {@code outrider policy reference}. */
@Command(
        name = "reference",
        description = "Print the reference page of the policy file: every key, what it holds, its default, what it means.",
        footer = {"", "Example:", "  outrider policy reference > docs/policy.md"})
final class PolicyReferenceCommand implements Callable<Integer> {

    private final Terminal terminal;

    PolicyReferenceCommand(Context context) {
        this.terminal = context.terminal();
    }

    @Override
    public Integer call() {
        terminal.out().print(PolicyReference.markdown());
        return ExitCode.OK;
    }
}
