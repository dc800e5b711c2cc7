package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.suite.Suite;

/** {@code outrider eval} with the embedded model: at once or one by one, killed and gone on with, and told nonsense. */
final class EvalCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path temp;

    @BeforeEach
    void needsTheModel() {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
    }

    @Test
    void howManyQueriesRunAtOnceChangesNoDecision() throws Exception {
        Cli.Result one = new Cli(temp).run("eval", "desk", "--sample", "14", "--out", "a", "--concurrency", "1", "--json");
        Cli.Result eight = new Cli(temp).run("eval", "desk", "--sample", "14", "--out", "b", "--concurrency", "8", "--json");

        assertThat(one.code()).as(one.err()).isZero();
        assertThat(eight.code()).as(eight.err()).isZero();
        assertThat(decisions(eight)).isEqualTo(decisions(one)).hasSizeGreaterThanOrEqualTo(14);
    }

    @Test
    void theSameCommandGoesOnAfterAKill() throws Exception {
        String[] command = {"eval", "desk", "--sample", "40", "--out", "r", "--concurrency", "2", "--llm-slow", "100", "--json"};
        Cli.Running killed = new Cli(temp).start(command);
        Path results = temp.resolve("r/results.jsonl");
        while (killed.process().isAlive() && lines(results).size() < 12) {
            Thread.sleep(10);
        }
        killed.process().destroyForcibly().waitFor();
        List<String> before = lines(results);
        assertThat(before).as("killed in the middle").hasSizeGreaterThanOrEqualTo(12);

        Cli.Result rest = new Cli(temp).run(command);

        assertThat(rest.code()).as(rest.err()).isZero();
        assertThat(rest.err()).containsPattern("[0-9]+ of them done before");
        JsonNode report = JSON.readTree(rest.out());
        assertThat(report.path("partial").asBoolean()).isFalse();
        assertThat(report.path("rows")).hasSize(report.path("planned").asInt());
        List<String> after = lines(results);
        assertThat(after.subList(0, before.size())).isEqualTo(before);
        List<String> cases = new ArrayList<>();
        for (String line : after) {
            JsonNode node = JSON.readTree(line);
            if (node.path("kind").asText().equals("result")) {
                cases.add(node.path("case").asText());
            }
        }
        assertThat(new HashSet<>(cases)).hasSameSizeAs(cases).hasSize(report.path("planned").asInt());

        assertThat(new Cli(temp).run("eval", "desk", "--sample", "9", "--out", "r").failedInOneLine(2))
                .contains("results.jsonl: holds another run", "--fresh");
    }

    @Test
    void theMoneyLimitEndsTheRunInGoodOrder() throws Exception {
        Cli.Result result = new Cli(temp).run("eval", "desk", "--sample", "80", "--out", "r", "--max-usd", "0.02", "--json");

        assertThat(result.code()).as(result.err()).isZero();
        JsonNode report = JSON.readTree(result.out());
        assertThat(report.path("partial").asBoolean()).isTrue();
        assertThat(report.path("cost").path("routedUsd").asDouble()).isPositive().isLessThanOrEqualTo(0.02);
        assertThat(report.path("notes").toString()).contains("the money limit of $0.02");
    }

    @Test
    void brokenLinesAreNamedAndLeftOutOnlyWhenTold() throws Exception {
        List<String> lines = new ArrayList<>(resource("desk.jsonl").lines().limit(4).toList());
        lines.set(2, lines.get(2).substring(0, 80));
        Files.write(temp.resolve("mine.jsonl"), lines);
        Files.writeString(temp.resolve("toolsets.json"), resource("desk-toolsets.json"));

        assertThat(new Cli(temp).run("eval", "mine.jsonl", "--out", "r").failedInOneLine(2)).contains("mine.jsonl:3: no JSON");
        Cli.Result skipped = new Cli(temp).run("eval", "mine.jsonl", "--out", "r", "--skip-broken");
        assertThat(skipped.code()).as(skipped.err()).isZero();
        assertThat(skipped.out()).contains("3 queries", "left out: mine.jsonl:3: no JSON", "in no figure");
        assertThat(Files.readString(temp.resolve("r/report.html"))).contains("left out: mine.jsonl:3");
        assertThat(new Cli(temp).run("eval", "desk", "--tag", "nonsense", "--out", "x").failedInOneLine(2))
                .contains("no case is tagged nonsense; there are", "two_step");
    }

    private static List<String> lines(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        String text = Files.readString(file);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Suite.class.getResourceAsStream("/dev/outrider/evals/" + name)) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private static List<String> decisions(Cli.Result result) throws IOException {
        List<String> decisions = new ArrayList<>();
        JSON.readTree(result.out()).path("rows").forEach(row -> decisions.add(
                row.path("case").asText() + " " + row.path("route").asText() + " " + row.path("localAnswer").asText() + " "
                        + row.path("confidence").asText() + " " + row.path("right").asText()));
        return decisions;
    }
}
