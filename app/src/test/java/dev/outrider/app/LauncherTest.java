package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The real launcher in a repository of its own, with a JDK and a Maven that only write down how they were called. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
final class LauncherTest {

    @TempDir
    private Path temp;

    private Path root = Path.of("");
    private Path launcher = Path.of("");
    private Path builds = Path.of("");

    @BeforeEach
    void makeARepositoryWithBlanksInItsPath() throws IOException {
        root = Files.createDirectories(temp.resolve("my own code/out rider"));
        launcher = Files.copy(Repository.root().resolve("outrider"), root.resolve("outrider"));
        executable(launcher);
        Files.createDirectories(root.resolve("app/src/main"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        Files.writeString(root.resolve("app/src/main/A.java"), "class A {}");
        builds = temp.resolve("builds.txt");
        script(
                temp.resolve("bin/mvn"),
                "echo \"built with $JAVA_HOME\" >> '" + builds + "'",
                "[ ! -e pom.broken ] || { echo '[ERROR] no such symbol'; exit 1; }",
                "sleep 0.3",
                "mkdir -p app/target/lib && : > app/target/outrider.jar && : > app/target/lib/a.jar");
        jdk(temp.resolve("jdk 25"), "25.0.3");
        jdk(temp.resolve("jdk 17"), "17.0.15");
    }

    @Test
    void buildsOnceAndHandsOverTheArgumentsAsTheyAre() throws Exception {
        Run first = launch(temp, Map.of(), "run", "two words", "*", "");
        Run second = launch(temp, Map.of(), "--version");

        assertThat(first.out).contains("dev.outrider.app.Main", "[run]", "[two words]", "[*]", "[]");
        assertThat(first.err).contains("building", "built in");
        assertThat(second.err).isEmpty();
        assertThat(Files.readAllLines(builds)).containsExactly("built with " + temp.resolve("jdk 25"));
    }

    @Test
    void handsOverTheExitCode() throws Exception {
        assertThat(launch(temp, Map.of("EXIT_WITH", "7"), "x").code).isEqualTo(7);
    }

    @Test
    void buildsAgainWhenASourceIsNewerThanTheBuild() throws Exception {
        launch(temp, Map.of(), "x");
        Files.setLastModifiedTime(
                root.resolve("app/src/main/A.java"), FileTime.from(Instant.now().plusSeconds(60)));

        launch(temp, Map.of(), "x");

        assertThat(Files.readAllLines(builds)).hasSize(2);
    }

    @Test
    void worksThroughASymbolicLinkFromAnywhere() throws Exception {
        Path link = Files.createSymbolicLink(temp.resolve("link"), launcher);
        Path linkToLink = Files.createSymbolicLink(temp.resolve("link2"), link.getFileName());

        Run run = launch(linkToLink, Path.of("/"), Map.of(), "x");

        assertThat(run.code).isZero();
        assertThat(run.out).contains(root.toRealPath() + "/.outrider/build-");
    }

    @Test
    void twoShellsAtOnceBuildOnce() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(start(launcher, temp, Map.of(), "x"));
        }
        for (Process process : processes) {
            assertThat(Run.of(process).code).isZero();
        }

        assertThat(Files.readAllLines(builds)).hasSize(1);
    }

    @Test
    void aLockWhoseOwnerIsGoneStopsNobody() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Path lock = Files.createDirectories(root.resolve(".outrider/lock"));
        Files.writeString(lock.resolve("pid"), gone.pid() + "\n");

        assertThat(launch(temp, Map.of(), "x").code).isZero();
        assertThat(lock).doesNotExist();
    }

    @Test
    void aFailedBuildShowsTheEndOfItsLogAndWhereItIs() throws Exception {
        Files.writeString(root.resolve("pom.broken"), "");

        Run run = launch(temp, Map.of(), "x");

        assertThat(run.code).isEqualTo(1);
        assertThat(run.err).contains("no such symbol", root.toRealPath().resolve(".outrider/build.log").toString());
        assertThat(root.resolve(".outrider/lock")).doesNotExist();
    }

    @Test
    void aJdkThatIsTooOldIsPassedOver() throws Exception {
        Run run = launch(temp, Map.of("OUTRIDER_JAVA_HOME", "", "JAVA_HOME", temp.resolve("jdk 25").toString()), "x");

        assertThat(run.code).isZero();
        assertThat(Files.readAllLines(builds)).containsExactly("built with " + temp.resolve("jdk 25"));
    }

    @Test
    void aJavaOnThePathIsFollowedToItsHome() throws Exception {
        Path alternatives = Files.createDirectories(temp.resolve("alternatives"));
        Files.createSymbolicLink(alternatives.resolve("java"), Path.of("../jdk 25/bin/java"));
        Files.createSymbolicLink(temp.resolve("bin/java"), alternatives.resolve("java"));

        Run run = launch(temp, Map.of("OUTRIDER_JAVA_HOME", "", "JAVA_HOME", ""), "x");

        assertThat(run.code).isZero();
        assertThat(Files.readAllLines(builds))
                .containsExactly("built with " + temp.resolve("jdk 25").toRealPath());
    }

    @Test
    void withoutAnyHintAJdkIsFoundInOneOfTheUsualPlaces() throws Exception {
        Path home = Files.createDirectories(temp.resolve("some body"));
        jdk(home.resolve(".sdkman/candidates/java/25.0.1-tem"), "25.0.1");
        jdk(home.resolve(".jdks/openjdk-17"), "17.0.1");

        launch(temp, Map.of("OUTRIDER_JAVA_HOME", "", "HOME", home.toString(), "JAVA_HOME", ""), "x");

        // which one depends on what this machine has installed, but never the old one
        assertThat(Files.readString(builds)).startsWith("built with /").doesNotContain("17");
    }

    @Test
    void aWrongJavaHomeOfOurOwnIsAnError() throws Exception {
        Run run = launch(temp, Map.of("OUTRIDER_JAVA_HOME", temp.resolve("jdk 17").toString()), "x");

        assertThat(run.code).isEqualTo(1);
        assertThat(run.err).startsWith("outrider: OUTRIDER_JAVA_HOME is " + temp.resolve("jdk 17")).hasLineCount(1);
    }

    @Test
    void aMissingMavenIsNamed() throws Exception {
        Run run = launch(temp, Map.of("OUTRIDER_MVN", "no-such-maven"), "x");

        assertThat(run.code).isEqualTo(1);
        assertThat(run.err).contains("no no-such-maven on the PATH", "apt install maven");
    }

    private Run launch(Path directory, Map<String, String> environment, String... args) throws Exception {
        return launch(launcher, directory, environment, args);
    }

    private Run launch(Path command, Path directory, Map<String, String> environment, String... args) throws Exception {
        return Run.of(start(command, directory, environment, args));
    }

    private Process start(Path command, Path directory, Map<String, String> environment, String... args)
            throws IOException {
        List<String> words = new ArrayList<>(List.of(command.toString()));
        words.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(words).directory(directory.toFile());
        builder.environment().put("PATH", temp.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("OUTRIDER_JAVA_HOME", temp.resolve("jdk 25").toString());
        builder.environment().put("JAVA_HOME", temp.resolve("jdk 17").toString());
        builder.environment().remove("OUTRIDER_JAVA_OPTS");
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static void jdk(Path home, String version) throws IOException {
        script(
                home.resolve("bin/java"),
                "for word in \"$@\"; do printf '[%s]\\n' \"$word\"; done",
                "exit ${EXIT_WITH:-0}");
        script(home.resolve("bin/javac"), "exit 0");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
    }

    private static void script(Path file, String... lines) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        executable(file);
    }

    private static void executable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Run(int code, String out, String err) {

        static Run of(Process process) throws Exception {
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), out, err);
        }
    }
}
