package dev.outrider.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

import dev.outrider.app.terminal.Terminal;
import dev.outrider.evals.run.RunException;
import dev.outrider.evals.suite.SuiteException;
import dev.outrider.router.calibration.CalibrationException;
import dev.outrider.router.policy.PolicyException;
import dev.outrider.router.privacy.RecordCipherException;
import dev.outrider.slm.ContextLengthException;
import dev.outrider.slm.chat.ChatFormatException;
import dev.outrider.slm.gguf.GgufException;
import dev.outrider.slm.tokenizer.TokenizerException;

/** Errors in one line that says what is wrong, where, and what to do. */
final class Errors {

    static final String STACK_TRACE_OPTION = "--stacktrace";

    private Errors() {}

    static boolean wantsStackTrace(String... args) {
        for (String arg : args) {
            if (arg.equals(STACK_TRACE_OPTION)) {
                return true;
            }
        }
        return false;
    }

    /** Prints the line and returns the exit code. */
    static int tell(Terminal terminal, Throwable error, boolean stackTrace) {
        terminal.out().flush();
        terminal.note("outrider: " + line(error));
        if (stackTrace) {
            error.printStackTrace(terminal.err());
        }
        return exitCode(error);
    }

    private static int exitCode(Throwable error) {
        return switch (error) {
            case CliException e -> e.exitCode();
            case GgufException _, ContextLengthException _, TokenizerException _, ChatFormatException _ -> ExitCode.BAD_INPUT;
            case PolicyException _, SuiteException _, RunException _, CalibrationException _, RecordCipherException _ -> ExitCode.BAD_INPUT;
            case IllegalArgumentException _ -> ExitCode.BAD_INPUT;
            case NoSuchFileException _, AccessDeniedException _, NotDirectoryException _, FileAlreadyExistsException _ ->
                ExitCode.BAD_INPUT;
            case UncheckedIOException e when e.getCause() instanceof FileSystemException cause -> exitCode(cause);
            default -> ExitCode.FAILED;
        };
    }

    static String line(Throwable error) {
        return switch (error) {
            case NoSuchFileException e -> "there is no file " + e.getFile();
            case AccessDeniedException e -> "no permission for " + e.getFile();
            case NotDirectoryException e -> e.getFile() + " is no directory";
            case FileAlreadyExistsException e -> e.getFile() + " is in the way";
            case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
            case UncheckedIOException e when e.getCause() != null -> line(e.getCause());
            case IOException e -> "input or output failed: " + text(e);
            case OutOfMemoryError _ ->
                "out of memory: give the JVM more, for example OUTRIDER_JAVA_OPTS=-Xmx8g, or take a smaller model";
            case CliException e -> text(e);
            case RuntimeException e when e.getClass().getName().startsWith("dev.outrider.") -> text(e);
            case IllegalArgumentException e -> text(e);
            default ->
                "internal error, please report it with the output of the same command and " + STACK_TRACE_OPTION + ": "
                        + error.getClass().getSimpleName() + ": " + text(error);
        };
    }

    private static String text(Throwable error) {
        String message = error.getMessage();
        return message == null || message.isBlank()
                ? error.getClass().getSimpleName()
                : message.strip().replaceAll("\\s+", " ");
    }
}
