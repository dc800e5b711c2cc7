package dev.outrider.app;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code outrider slm}: the engine by itself. */
@Command(
        name = "slm",
        description = "Work with the language model that runs inside this process.",
        subcommands = {
            SlmInfoCommand.class,
            SlmGenerateCommand.class,
            SlmTokenizeCommand.class,
            SlmLogitsCommand.class,
            SlmBenchCommand.class
        })
final class SlmCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do with the model, for example 'outrider slm info'");
    }
}
