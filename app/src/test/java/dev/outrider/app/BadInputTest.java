package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is given wrongly ends in one line that says what is wrong, and exit code 2. */
final class BadInputTest {

    @TempDir
    private Path temp;

    private Path model = Path.of("");
    private Cli cli = new Cli(Path.of(""));

    @BeforeEach
    void takeASmallModel() {
        model = Repository.root().resolve("slm-runtime/src/test/resources/dev/outrider/slm/golden/f32-1.gguf");
        cli = new Cli(temp);
    }

    @Test
    void namesTheTensorThatATruncatedFileLacks() throws Exception {
        byte[] bytes = Files.readAllBytes(model);
        Path truncated = Files.write(temp.resolve("short.gguf"), Arrays.copyOf(bytes, bytes.length / 2));

        assertThat(cli.run("slm", "info", "--model", truncated.toString()).failedInOneLine(2))
                .contains("short.gguf", "tensor", "truncated");
    }

    @Test
    void saysThatAForeignFileIsNoModel() throws Exception {
        Path foreign = Files.writeString(temp.resolve("letter.gguf"), "Dear Sir or Madam,\n");

        assertThat(cli.run("slm", "info", "--model", foreign.toString()).failedInOneLine(2))
                .contains("letter.gguf", "no GGUF");
    }

    @Test
    void namesAnUnknownArchitectureAndTheKnownOnes() throws Exception {
        byte[] bytes = new String(Files.readAllBytes(model), StandardCharsets.ISO_8859_1)
                .replace("nemotron_h", "memotron_q")
                .getBytes(StandardCharsets.ISO_8859_1);
        Path unknown = Files.write(temp.resolve("other.gguf"), bytes);

        assertThat(cli.run("slm", "info", "--model", unknown.toString()).failedInOneLine(2))
                .contains("memotron_q", "nemotron_h");
    }

    @Test
    void saysHowLongAPromptMayBe() throws Exception {
        Path text = Files.writeString(temp.resolve("long.txt"), "word ".repeat(20_000));

        assertThat(cli.run("slm", "generate", "--raw", "--model", model.toString(), "--file", text.toString())
                        .failedInOneLine(2))
                .contains("context");
    }

    @Test
    void namesTheWordThatIsNoTokenId() throws Exception {
        Path tokens = Files.writeString(temp.resolve("tokens.txt"), "1 2 drei 4");

        assertThat(cli.run("slm", "logits", "--model", model.toString(), "--tokens", tokens.toString(), "--out", "l.f32")
                        .failedInOneLine(2))
                .contains("tokens.txt", "'drei'");
        assertThat(temp.resolve("l.f32")).doesNotExist();
    }

    @Test
    void leavesNoHalfFileOnAFullDisk() throws Exception {
        Path tokens = Files.writeString(temp.resolve("tokens.txt"), "1 2 3 4");
        assumeTrue(Files.exists(Path.of("/dev/full")), "this system has no /dev/full");

        String line = cli.run(
                        "slm", "logits", "--model", model.toString(), "--tokens", tokens.toString(), "--out", "/dev/full")
                .failedInOneLine(1);

        assertThat(line).contains("/dev/full", "No space left");
    }

    @Test
    void pointsToTheHelpOfTheCommandThatWasUsedWrongly() throws Exception {
        assertThat(cli.run("slm", "bench", "--threads", "many").failedInOneLine(2))
                .contains("--threads", "many", "outrider slm bench --help");
        assertThat(cli.run("dance").failedInOneLine(2)).contains("dance", "outrider --help");
    }

    @Test
    void namesFileLineAndColumnOfABrokenPolicy() throws Exception {
        Path policy = Files.writeString(
                temp.resolve("policy.yaml"), PolicyFiles.defaults().replace("workloads:", "worklaods:"));

        assertThat(cli.run("policy", "check", policy.toString()).failedInOneLine(2))
                .containsPattern("policy\\.yaml:[0-9]+:1: ")
                .contains("worklaods", "did you mean workloads?");
    }

    @Test
    void namesTheLineOfABrokenSuite() throws Exception {
        Path suite = Files.writeString(temp.resolve("suite.jsonl"), "{\"id\":\n");

        assertThat(cli.run("eval", suite.toString(), "--out", "report").failedInOneLine(2))
                .contains("suite.jsonl:1");
    }

    @Test
    void refusesAnImpossibleMoodOfTheSimulatedLlm() throws Exception {
        assertThat(cli.run("demo", "--model", model.toString(), "--llm-wrong", "2").failedInOneLine(2))
                .contains("wrongRate", "[0, 1]");
    }

    @Test
    void namesTheMissingModelFile() throws Exception {
        assertThat(cli.run("run", "--model", "nowhere.gguf", "Where is ORD-48213?").failedInOneLine(2))
                .contains("nowhere.gguf");
        assertThat(temp.resolve("outrider-desk.db")).doesNotExist();
    }

    @Test
    void printsWhereAnErrorAroseWhenAskedTo() throws IOException, InterruptedException {
        Cli.Result result = cli.run("slm", "info", "--model", "/", "--stacktrace");

        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("\tat ");
    }
}
