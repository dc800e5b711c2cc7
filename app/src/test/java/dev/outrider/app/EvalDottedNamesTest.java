package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.suite.Suite;

/** Tools whose names hold dots, which no provider's API allows: changed on the wire, unchanged in every answer. */
final class EvalDottedNamesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CASES = 16;

    @TempDir
    private Path temp;

    /** The desk's cases that call one tool, all tools renamed: {@code get_order} is {@code shop.desk.get_order}. */
    private void writeSuite() throws IOException {
        JsonNode toolsets = JSON.readTree(resource("desk-toolsets.json"));
        for (JsonNode tool : toolsets.findParents("parameters")) {
            rename(tool);
        }
        Files.writeString(temp.resolve("toolsets.json"), toolsets.toString());
        List<String> lines = new ArrayList<>();
        for (String line : resource("desk.jsonl").lines().toList()) {
            ObjectNode node = (ObjectNode) JSON.readTree(line);
            boolean one = node.path("category").asText().equals("single_call") && !node.path("expected").has("alternatives");
            if (one && node.path("messages").size() == 1 && lines.size() < CASES) {
                node.put("match", "bfcl-ast");
                node.path("expected").path("calls").forEach(EvalDottedNamesTest::rename);
                lines.add(node.toString());
            }
        }
        assertThat(lines).hasSize(CASES);
        Files.write(temp.resolve("dotted.jsonl"), lines);
    }

    private static void rename(JsonNode named) {
        ((ObjectNode) named).put("name", "shop.desk." + named.path("name").asText());
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(Suite.class.getResourceAsStream("/dev/outrider/evals/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void namesComeBackAsTheSuiteSpellsThemFromBothTiers() throws Exception {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        writeSuite();

        Cli.Result result = new Cli(temp).run("eval", "dotted.jsonl", "--out", "r", "--json");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(JSON.readTree(result.out()).path("queries").asInt()).isEqualTo(CASES);
        List<String> bySlm = new ArrayList<>();
        List<String> byLlm = new ArrayList<>();
        for (String line : Files.readAllLines(temp.resolve("r/results.jsonl"))) {
            JsonNode node = JSON.readTree(line);
            boolean local = node.path("route").asText().equals("local");
            node.path("answer").path("calls").forEach(call -> (local ? bySlm : byLlm).add(call.path("name").asText()));
            node.path("local").path("answer").path("calls").forEach(call -> bySlm.add(call.path("name").asText()));
            if (node.path("route").asText().equals("remote")) {
                assertThat(node.path("right").asBoolean()).as(line).isTrue();
            }
        }
        assertThat(bySlm).isNotEmpty().allMatch(name -> name.startsWith("shop.desk."));
        assertThat(byLlm).isNotEmpty().allMatch(name -> name.startsWith("shop.desk."));
    }
}
