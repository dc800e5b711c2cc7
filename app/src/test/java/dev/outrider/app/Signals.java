package dev.outrider.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The signal that stands for Ctrl-C. A shell that starts a command in the background makes it, and everything that it starts,
 * deaf to SIGINT; a JVM keeps it so. Then a termination is sent instead: the program handles both in one way.
 */
final class Signals {

    private static final int SIGINT = 2;

    private Signals() {}

    static String interrupt() throws IOException {
        return deafToInterrupts() ? "TERM" : "INT";
    }

    /** The exit code that belongs to it: 128 and the signal's number. */
    static int exitCode() throws IOException {
        return deafToInterrupts() ? 143 : 130;
    }

    private static boolean deafToInterrupts() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("SigIgn:")) {
                long ignored = Long.parseUnsignedLong(line.substring("SigIgn:".length()).strip(), 16);
                return (ignored >> (SIGINT - 1) & 1) == 1;
            }
        }
        return false;
    }
}
