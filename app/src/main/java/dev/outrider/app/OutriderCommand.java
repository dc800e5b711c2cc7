package dev.outrider.app;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code outrider}: the root of all commands. */
@Command(
        name = "outrider",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND",
        description = "An agent runtime that thinks small first: a small language model inside this process answers what it is sure"
                + " of, a large one is asked for the rest, and a report says how many queries that saved.",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:the work failed",
            "2:wrong usage, or input that cannot be used",
            "130:interrupted with Ctrl-C"
        },
        subcommands = {DemoCommand.class, RunCommand.class, EvalCommand.class, CalibrateCommand.class, ReplayCommand.class, ConvertCommand.class, SlmCommand.class, PolicyCommand.class})
final class OutriderCommand implements Runnable {

    @Option(
            names = Errors.STACK_TRACE_OPTION,
            scope = ScopeType.INHERIT,
            hidden = true,
            description = "Show where in the program an error arose.")
    @SuppressWarnings("UnusedVariable") // declared for picocli; read from the raw arguments, since parsing itself may fail
    private boolean stackTrace;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do, for example 'outrider demo'");
    }
}
