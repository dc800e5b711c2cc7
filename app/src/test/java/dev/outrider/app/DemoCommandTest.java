package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code outrider demo} and {@code outrider eval} with the embedded model, from the request to the report. */
final class DemoCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path temp;

    @BeforeEach
    void needsTheModel() {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
    }

    @Test
    void aDemoShowsEveryRequestAndEndsInATableAndAReport() throws Exception {
        Cli.Result result = new Cli(temp).run("demo", "--tasks", "4", "--seed", "3");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .contains("   4   ", "answered locally", "SIMULATED", "report.html")
                .doesNotContain("\u001b");
        JsonNode report = JSON.readTree(Files.readString(temp.resolve("outrider-demo/report.json")));
        assertThat(report.path("queries").asInt()).isPositive();
        assertThat(report.path("llm").asText()).isEqualTo("simulated");
        assertThat(report.path("partial").asBoolean()).isFalse();
        assertThat(Files.readString(temp.resolve("outrider-demo/report.html"))).contains("<svg", "simulated");
        assertThat(Files.readAllLines(temp.resolve("outrider-demo/ledger.jsonl"))).hasSizeGreaterThanOrEqualTo(4);
    }

    @Test
    void theSameSeedGivesTheSameDecisions() throws Exception {
        Cli.Result first = new Cli(temp).run("eval", "desk", "--sample", "12", "--seed", "5", "--out", "a", "--json");
        Cli.Result second = new Cli(temp).run("eval", "desk", "--sample", "12", "--seed", "5", "--out", "b", "--json");

        assertThat(first.code()).as(first.err()).isZero();
        assertThat(decisions(first)).isEqualTo(decisions(second)).isNotEmpty();
    }

    @Test
    void ctrlCInTheMiddleWritesThePartialReportAndLeavesASoundDatabase() throws Exception {
        Cli.Running running = new Cli(temp).start("demo", "--llm-slow", "300");
        running.awaitOutput("   4   ");

        running.signal(Signals.interrupt());
        Cli.Result result = running.end();

        assertThat(result.code()).as(result.err()).isEqualTo(Signals.exitCode());
        JsonNode report = JSON.readTree(Files.readString(temp.resolve("outrider-demo/report.json")));
        assertThat(report.path("partial").asBoolean()).isTrue();
        assertThat(report.path("queries").asInt()).isPositive();
        assertThat(Databases.integrity(temp.resolve("outrider-demo/desk.db"))).isEqualTo("ok");
    }

    @Test
    void anLlmThatAlwaysFailsIsReportedAndEndsNothing() throws Exception {
        Cli.Result result = new Cli(temp)
                .run("eval", "desk", "--sample", "6", "--out", "r", "--llm-fails", "1", "--llm-status", "401", "--json");

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode report = JSON.readTree(result.out());
        assertThat(report.path("escalated")).isEmpty();
        assertThat(report.path("queries").asInt()).isGreaterThanOrEqualTo(6);
    }

    private static String decisions(Cli.Result result) throws Exception {
        StringBuilder decisions = new StringBuilder();
        JSON.readTree(result.out())
                .path("rows")
                .forEach(row -> decisions
                        .append(row.path("case").asText())
                        .append(' ')
                        .append(row.path("route").asText())
                        .append(' ')
                        .append(row.path("localAnswer").asText())
                        .append('\n'));
        return decisions.toString();
    }
}
