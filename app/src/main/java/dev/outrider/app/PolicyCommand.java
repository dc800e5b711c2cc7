package dev.outrider.app;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code outrider policy}. */
@Command(
        name = "policy",
        description = "Look after policy files.",
        subcommands = {PolicyCheckCommand.class, PolicyExplainCommand.class, PolicyReferenceCommand.class})
final class PolicyCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Say what to do with the policy, for example 'outrider policy check my-policy.yaml'");
    }
}
