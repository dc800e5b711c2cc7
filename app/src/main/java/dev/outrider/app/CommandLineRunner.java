package dev.outrider.app;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;

import dev.outrider.app.terminal.Terminal;

/** Parses a command line, runs it, and turns whatever goes wrong into one line and an exit code. */
final class CommandLineRunner {

    private CommandLineRunner() {}

    static int run(Terminal terminal, Interruption interruption, String... args) {
        Context context = new Context(terminal, interruption);
        CommandLine commandLine = new CommandLine(new OutriderCommand(), new CommandFactory(context));
        commandLine.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
        commandLine.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
        commandLine.setColorScheme(
                CommandLine.Help.defaultColorScheme(terminal.colours() ? Ansi.ON : Ansi.OFF));
        commandLine.setUsageHelpWidth(Math.max(80, terminal.columns()));
        commandLine.setUsageHelpLongOptionsMaxWidth(28);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setParameterExceptionHandler((e, arguments) -> usageError(terminal, e));
        commandLine.setExecutionExceptionHandler(
                (e, command, parsed) -> Errors.tell(terminal, e, Errors.wantsStackTrace(args)));
        try {
            return commandLine.execute(args);
        } catch (StackOverflowError | OutOfMemoryError e) {
            return Errors.tell(terminal, e, Errors.wantsStackTrace(args));
        }
    }

    private static int usageError(Terminal terminal, ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName(" ");
        String message = String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ");
        terminal.note(command + ": " + message + (message.endsWith(".") ? "" : ".") + " See '" + command + " --help'.");
        return ExitCode.BAD_INPUT;
    }
}
