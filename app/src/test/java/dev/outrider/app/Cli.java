package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The real program in a process of its own, started as the launcher starts it. */
final class Cli {

    private static final int PATIENCE_SECONDS = 120;

    private final Path directory;
    private final Map<String, String> environment = new HashMap<>();

    /**
     * @param directory where it runs, and where its output is kept
     */
    Cli(Path directory) {
        this.directory = directory;
    }

    Cli with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Whether this build carries the embedded model. */
    static boolean hasModel() {
        return Cli.class.getResource("/dev/outrider/slm/models/desk.gguf") != null;
    }

    /** Runs a command to its end. */
    Result run(String... args) throws IOException, InterruptedException {
        return start(args).end();
    }

    Running start(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-exports=java.base/jdk.internal.module=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dstdout.encoding=UTF-8",
                "-Dstderr.encoding=UTF-8",
                "-Xmx512m",
                "-XX:+UseSerialGC",
                // a process of a few answers: the compiler may take up the vector kernels at once, most of its time would go into interpreting them
                "-XX:CompileCommand=quiet",
                "-XX:CompileCommand=CompileThresholdScaling,dev.outrider.slm.cpu.*::*,0.002",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "dev.outrider.app.Main"));
        command.addAll(List.of(args));
        Path out = Files.createTempFile(directory, "out", ".txt");
        Path err = Files.createTempFile(directory, "err", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("OUTRIDER_"));
        builder.environment().put("XDG_CACHE_HOME", directory.resolve("cache").toString());
        builder.environment().putAll(environment);
        return new Running(builder.start(), out, err);
    }

    /** A program that runs. */
    record Running(Process process, Path out, Path err) {

        /** Waits until it has printed this. */
        void awaitOutput(String text) throws IOException, InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (!Files.readString(out).contains(text)) {
                assertThat(process.isAlive() || Files.readString(out).contains(text))
                        .as("the program ended before it printed '%s': %s", text, Files.readString(err))
                        .isTrue();
                assertThat(System.nanoTime()).as("waited too long for '%s'", text).isLessThan(deadline);
                Thread.sleep(20);
            }
        }

        /** Writes a line to its standard input. */
        void type(String line) throws IOException {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        }

        /** Sends a signal by its name. */
        void signal(String name) throws IOException, InterruptedException {
            assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor())
                    .isZero();
        }

        Result end() throws IOException, InterruptedException {
            try {
                assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .as("ended in time; so far: %s", Files.readString(out))
                        .isTrue();
            } finally {
                process.destroyForcibly();
            }
            return new Result(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        }
    }

    /** What came of it. */
    record Result(int code, String out, String err) {

        /** Asserts that it failed with that code and one line, and gives the line. */
        String failedInOneLine(int expectedCode) {
            assertThat(code).as(err).isEqualTo(expectedCode);
            String line = err.lines().toList().getLast();
            assertThat(line).startsWith("outrider");
            assertThat(err).doesNotContain("\tat ", "Exception");
            return line;
        }
    }
}
