package dev.outrider.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code outrider convert}: from the log of another agent to training sets, a measured model and the next round. */
final class ConvertCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path temp;

    /** Forty orders looked up in forty conversations, a twin, a failure, and an answer that never came. */
    private static String log() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            lines.append(line("order-" + i, 1000 + i, "Where is order ORD-%d? My mail is anna%d@example.org.".formatted(1000 + i, i)));
        }
        lines.append(line("twin", 1000, "Where is order ORD-1000? My mail is anna0@example.org."));
        lines.append(line("failed", 5000, "Where is order ORD-5000?").replace("{\"id\"", "{\"outcome\":false,\"id\""));
        lines.append("{\"id\":\"lost\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello?\"}],"
                + "\"response\":{\"error\":{\"message\":\"overloaded\"}}}\n");
        return lines.toString();
    }

    private static String line(String id, int order, String question) {
        return ("{\"id\":\"%s\",\"request\":{\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_order\",\"description\":"
                + "\"An order.\",\"parameters\":{\"type\":\"object\",\"properties\":{\"order_id\":{\"type\":\"string\"}},\"required\":"
                + "[\"order_id\"]}}}],\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]},\"response\":{\"choices\":[{\"message\":{\"role\":"
                + "\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"get_order\","
                + "\"arguments\":\"{\\\"order_id\\\":\\\"ORD-%d\\\"}\"}}]}}]}}\n").formatted(id, question, order);
    }

    @Test
    void aLogBecomesTrainingSetsIsMeasuredAndMeasuredAgain() throws Exception {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        Files.writeString(temp.resolve("log.jsonl"), log());

        Cli.Result first = new Cli(temp).run("convert", "log.jsonl", "--out", "round");

        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.out())
                .contains("42 queries read, 1 without an answer, 1 left out as wrong, 1 as twins", "41 pieces of personal data replaced")
                .containsPattern("call get_order +40 +100 % .* – +100 %");
        assertThat(first.err()).contains("held out (", "as cases for eval");
        List<String> train = Files.readAllLines(temp.resolve("round/train.jsonl"));
        List<String> heldOut = Files.readAllLines(temp.resolve("round/heldout.jsonl"));
        assertThat(train.size() + heldOut.size()).isEqualTo(40);
        assertThat(heldOut).isNotEmpty().hasSameSizeAs(Files.readAllLines(temp.resolve("round/heldout-suite.jsonl")));
        assertThat(train.toString() + heldOut).doesNotContain("anna", "ORD-5000").contains("ORD-1001");

        Cli.Result eval = new Cli(temp).run("eval", "round/heldout-suite.jsonl", "--out", "report", "--json");
        assertThat(eval.code()).as(eval.err()).isZero();
        JsonNode report = JSON.readTree(eval.out());
        assertThat(report.path("queries").asInt()).isEqualTo(heldOut.size());
        int right = report.path("ends").path("allLocal").path("right").asInt();

        Cli.Result second = new Cli(temp).run("convert", "log.jsonl", "--out", "round", "--measured", "report/report.json", "--json");
        assertThat(second.code()).as(second.err()).isZero();
        JsonNode kind = JSON.readTree(second.out()).path("kinds").get(0);
        assertThat(kind.path("measured").asInt()).isEqualTo(heldOut.size());
        assertThat(kind.path("now").asDouble()).isEqualTo((double) right / heldOut.size());
        assertThat(kind.path("nowBefore").isNull()).isTrue();

        Cli.Result third = new Cli(temp).run("convert", "log.jsonl", "--out", "round", "--measured", "report/report.json");
        assertThat(third.out()).contains("now +0.0 points since the round before");
    }

    @Test
    void aLedgerShowsKindsAndIsNotExported() throws Exception {
        assumeTrue(Cli.hasModel(), "this build carries no embedded model");
        Cli.Result eval = new Cli(temp).run("eval", "desk", "--sample", "12", "--out", "r");
        assertThat(eval.code()).as(eval.err()).isZero();

        Cli.Result result = new Cli(temp).run("convert", "--ledger", "r/ledger.jsonl", "--out", "round", "--min-examples", "1");

        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).contains("queries read", "  call ", "after training");
        assertThat(result.err()).contains("suites and ledgers are not exported");
        assertThat(temp.resolve("round/train.jsonl")).isEmptyFile();
    }

    @Test
    void badInputIsNamedWithItsLineAndWritesNothing() throws Exception {
        Files.writeString(temp.resolve("broken.jsonl"), log() + "\n{\"messages\":\n");
        assertThat(new Cli(temp).run("convert", "broken.jsonl", "--out", "round").failedInOneLine(2))
                .contains("broken.jsonl:45 is no JSON", "repair or remove the line");
        Files.writeString(temp.resolve("other.jsonl"), log() + "{\"prompt\":\"a\"}\n");
        assertThat(new Cli(temp).run("convert", "other.jsonl", "--out", "round").failedInOneLine(2))
                .contains("other.jsonl:44 has no messages");
        assertThat(new Cli(temp).run("convert", "nowhere.jsonl", "--out", "round").failedInOneLine(2)).contains("there is no log");
        assertThat(new Cli(temp).run("convert").failedInOneLine(2)).contains("name a log");
        Files.writeString(temp.resolve("log.jsonl"), log());
        Files.writeString(temp.resolve("report.json"), "{\"rows\":");
        assertThat(new Cli(temp).run("convert", "log.jsonl", "--out", "round", "--measured", "report.json").failedInOneLine(2))
                .contains("report.json is no JSON");
        assertThat(names(temp)).doesNotContain("round");
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }
}
