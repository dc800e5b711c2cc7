package dev.outrider.evals.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The extension is built with JUnit 6; here a test that uses it runs in a process that knows JUnit 5 only. */
class OutriderEvalOnJUnit5Test {

    @TempDir
    Path folder;

    @Test
    void aTestThatUsesTheExtensionPassesUnderJUnit5() throws Exception {
        Path junit5 = Path.of(System.getProperty("basedir", "."), "target", "junit5", "junit5.jar");
        assertThat(junit5).as("the build copies it in the phase generate-test-resources").isRegularFile();
        List<String> others = Arrays.stream(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                        .split(File.pathSeparator))
                .filter(entry -> !isJUnit(Path.of(entry).getFileName().toString()))
                .toList();
        Path output = folder.resolve("out.txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        junit5 + File.pathSeparator + String.join(File.pathSeparator, others),
                        "org.junit.platform.console.ConsoleLauncher",
                        "execute",
                        "--select-class=" + OutriderEvalTest.class.getName(),
                        "--details=tree",
                        "--disable-ansi-colors",
                        "--fail-if-no-tests")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(180, TimeUnit.SECONDS)).as("ended; so far: %s", Files.readString(output)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String text = Files.readString(output);
        assertThat(process.exitValue()).as(text).isZero();
        assertThat(text).contains("[         4 tests successful      ]", "[         0 tests failed          ]");
        assertThat(OutriderEvalTest.class.getClassLoader().getResource("org/junit/jupiter/api/Test.class"))
                .as("this process itself runs JUnit 6").asString().contains("junit-jupiter-api-6.");
    }

    private static boolean isJUnit(String jar) {
        return jar.startsWith("junit-") || jar.startsWith("opentest4j") || jar.startsWith("apiguardian");
    }
}
