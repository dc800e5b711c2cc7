package dev.outrider.app;

import dev.outrider.app.terminal.Terminal;

/** The program behind {@code ./outrider}. */
public final class Main {

    private Main() {}

    /** Runs a command line and ends the JVM with its exit code. */
    public static void main(String[] args) {
        Interruption interruption = Interruption.onSignal();
        int exitCode = CommandLineRunner.run(Terminal.system(), interruption, args);
        System.out.flush();
        if (interruption.finished()) {
            System.exit(exitCode);
        }
    }
}
