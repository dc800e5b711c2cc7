package dev.outrider.evals.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.data.message.AiMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.Shared;
import dev.outrider.evals.match.GoldAnswer;
import dev.outrider.evals.match.Judge;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.Suite;

class ConversionTest {

    @TempDir
    Path folder;

    /** An agent that looks orders up, says yes or no, and writes poems; in the OpenAI form. */
    private Path log() throws IOException {
        StringBuilder lines = new StringBuilder();
        String tools = "[{\"type\":\"function\",\"function\":{\"name\":\"get_order\",\"parameters\":{\"type\":\"object\",\"properties\":"
                + "{\"order_id\":{\"type\":\"string\"}}}}}]";
        for (int i = 0; i < 30; i++) {
            lines.append("{\"id\":\"order-%d\",\"session\":\"s%d\",\"request\":{\"model\":\"m\",\"tools\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"Where is order ORD-%d of anna%d@example.org?\"}]},\"response\":{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"get_order\",\"arguments\":\"{\\\"order_id\\\":\\\"ORD-%d\\\",\\\"mail\\\":\\\"anna%d@example.org\\\"}\"}}]}}]}}%n"
                    .formatted(i, i, tools, 1000 + i, i, 1000 + i, i));
            lines.append("{\"id\":\"label-%d\",\"session\":\"l%d\",\"messages\":[{\"role\":\"user\",\"content\":\"Is the complaint number %d about parcels? Answer yes or no.\"}],\"response\":\"%s\"}%n"
                    .formatted(i, i, i, i % 2 == 0 ? "yes" : "no"));
        }
        for (String poem : List.of(
                "Silver rivers wander where the tired herons sleep, and every quiet evening has a promise left to keep.",
                "Beneath the copper lanterns all the market voices fade, while children count the shadows that the crooked chimneys made.")) {
            lines.append("{\"id\":\"poem-%d\",\"messages\":[{\"role\":\"user\",\"content\":\"Write a poem, number %d.\"}],\"response\":\"%s\"}%n"
                    .formatted(poem.length(), poem.length(), poem));
        }
        lines.append("{\"id\":\"twin\",\"messages\":[{\"role\":\"user\",\"content\":\"Is the complaint  number 0 about parcels? Answer yes or no.\"}],\"response\":\"yes\"}%n".formatted());
        lines.append("{\"id\":\"bad\",\"outcome\":false,\"messages\":[{\"role\":\"user\",\"content\":\"What?\"}],\"response\":\"That\"}%n".formatted());
        lines.append("{\"id\":\"error\",\"messages\":[{\"role\":\"user\",\"content\":\"What?\"}],\"response\":{\"error\":{\"message\":\"overloaded\"}}}%n".formatted());
        Path file = folder.resolve("log.jsonl");
        Files.writeString(file, lines);
        return file;
    }

    private static Conversion convert(QueryLog.Read read, Map<String, Double> before) {
        Curation.Curated curated = new Curation(List.of()).curate(read.queries());
        return new Conversion(read.queries().size(), read.failed().size(), curated, Kinds.of(curated.kept()), before);
    }

    @Test
    void aLogBecomesKindsWithWhatTrainingCanReach() throws IOException {
        Conversion c = convert(QueryLog.read(log()), Map.of());
        assertThat(c.read()).isEqualTo(64);
        assertThat(c.failed()).isEqualTo(1);
        assertThat(c.curated().wrong()).isEqualTo(1);
        assertThat(c.curated().twins()).isEqualTo(1);
        assertThat(c.curated().replaced()).isGreaterThanOrEqualTo(30);
        Kind calls = c.kinds().stream().filter(k -> k.shape() == Shape.CALL).findFirst().orElseThrow();
        assertThat(calls.name()).isEqualTo("call get_order");
        assertThat(calls.queries()).hasSize(30);
        assertThat(calls.afterTraining()).isEqualTo(1);
        Kind labels = c.kinds().stream().filter(k -> k.shape() == Shape.LABEL).findFirst().orElseThrow();
        assertThat(labels.afterTraining()).isEqualTo(1);
        assertThat(labels.name()).startsWith("label: ");
        assertThat(c.kinds().stream().filter(k -> k.shape() == Shape.TEXT)).isNotEmpty().allMatch(k -> k.afterTraining() == 0);
        assertThat(c.now()).isNull();
        assertThat(c.text(25)).contains("call get_order", "after training", "1 without an answer");
        assertThat(convert(QueryLog.read(log()), Map.of()).json()).isEqualTo(c.json());
    }

    @Test
    void whatIsExportedHoldsNoPersonalDataAndSplitsNoConversation() throws IOException {
        Conversion c = convert(QueryLog.read(log()), Map.of());
        TrainingSets.Written written = TrainingSets.write(folder, c.kinds(), 20, 0.5);
        assertThat(written.kinds()).isEqualTo(2);
        assertThat(written.train() + written.heldOut()).isEqualTo(60);
        assertThat(written.heldOut()).isBetween(1, 20);
        String all = Files.readString(folder.resolve("train.jsonl")) + Files.readString(folder.resolve("heldout.jsonl"));
        assertThat(all).doesNotContain("anna", "Silver rivers").contains("ORD-1003");
        for (String line : all.lines().toList()) {
            JsonNode node = Json.read(line);
            assertThat(node.get("messages").get(node.get("messages").size() - 1).get("role").asText()).isEqualTo("assistant");
            JsonNode last = node.get("messages").get(node.get("messages").size() - 1);
            if (last.has("calls")) {
                JsonNode arguments = last.get("calls").get(0).get(1);
                String prompt = node.get("messages").get(0).get("content").asText();
                // the placeholder of a value is the same in the prompt and in the call
                assertThat(prompt).contains(arguments.get("mail").asText(), arguments.get("order_id").asText());
                assertThat(node.get("tools").get(0).get("name").asText()).isEqualTo("get_order");
            }
        }
    }

    /** The same file is read by {@code slm-runtime/training/test_training.py}: what is written here is what is learnt there. */
    @Test
    void whatIsExportedIsWhatTheTrainingReads() throws IOException {
        Path log = Files.writeString(folder.resolve("agent-log.jsonl"), resource("agent-log.jsonl"));
        Conversion c = convert(QueryLog.read(log), Map.of());
        assertThat(TrainingSets.write(folder, c.kinds(), 1, 0).train()).isEqualTo(2);
        assertThat(Files.readString(folder.resolve("train.jsonl"))).isEqualTo(resource("exported.jsonl"));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = ConversionTest.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void heldOutQueriesAreCasesOfASuiteWhereTheyCanBe() throws IOException {
        Conversion c = convert(QueryLog.read(log()), Map.of());
        TrainingSets.Written written = TrainingSets.write(folder, c.kinds(), 20, 0.5);
        List<EvalCase> cases = Suite.load(folder.resolve("heldout-suite.jsonl")).cases();
        assertThat(cases).hasSize(written.cases()).hasSizeLessThanOrEqualTo(written.heldOut()).isNotEmpty();
        Kind orders = c.kinds().stream().filter(k -> k.shape() == Shape.CALL).findFirst().orElseThrow();
        assertThat(HeldOutSuite.line(orders, orders.queries().getFirst())).as("names an argument that its tool does not have").isNull();
        assertThat(cases).allSatisfy(k -> {
            assertThat(k.id()).startsWith("label-");
            assertThat(Judge.judge(k, GoldAnswer.of(k)).right()).isTrue();
            assertThat(Judge.judge(k, AiMessage.from("perhaps")).right()).isFalse();
        });
        Path calls = Files.writeString(folder.resolve("agent-log.jsonl"), resource("agent-log.jsonl"));
        AgentQuery refund = QueryLog.read(calls).queries().getFirst();
        Kind kind = convert(QueryLog.read(calls), Map.of()).kinds().getFirst();
        Path suite = Files.writeString(folder.resolve("refund.jsonl"), HeldOutSuite.line(kind, refund) + "\n");
        EvalCase asked = Suite.load(suite).cases().getFirst();
        assertThat(Judge.judge(asked, refund.answer()).right()).isTrue();
        assertThat(asked.messages()).hasSize(4);
    }

    @Test
    void theNextRoundSaysWhatChanged() throws IOException {
        QueryLog.Read read = QueryLog.read(log());
        QueryLog.Read asked = new QueryLog.Read(
                read.queries().stream().map(q -> q.measured(q.id().startsWith("order"))).toList(), read.failed());
        Conversion c = convert(asked, Map.of("call get_order", 0.25));
        assertThat(c.text(25)).contains("now +75.0 points since the round before");
        assertThat(c.now()).isBetween(0.4, 0.55);
        Path kinds = folder.resolve("kinds.json");
        Files.writeString(kinds, c.json());
        assertThat(Conversion.earlier(kinds)).containsEntry("call get_order", 1.0);
        assertThat(Conversion.earlier(folder.resolve("none.json"))).isEmpty();
    }

    @Test
    void badInputIsNamedWithItsLine() throws IOException {
        Path file = folder.resolve("bad.jsonl");
        Files.writeString(file, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"response\":\"b\"}\n{broken\n");
        assertThatThrownBy(() -> QueryLog.read(file)).isInstanceOf(ConvertException.class).hasMessageContaining("bad.jsonl:2 is no JSON");
        Files.writeString(file, "\n\n{broken\n");
        assertThatThrownBy(() -> QueryLog.read(file)).hasMessageContaining("bad.jsonl:3 is no JSON");
        Files.writeString(file, "{\"prompt\":\"a\"}\n");
        assertThatThrownBy(() -> QueryLog.read(file)).hasMessageContaining("bad.jsonl:1 has no messages");
        Files.writeString(file, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}\n");
        assertThatThrownBy(() -> QueryLog.read(file)).hasMessageContaining("bad.jsonl:1 has no response");
        assertThatThrownBy(() -> QueryLog.read(folder.resolve("none"))).hasMessageContaining("there is no log");
    }

    /** Most of its time goes to looking for telephone numbers in long prompts. */
    @Test
    @Tag("long")
    void recordedAgentsGiveATableOfKinds() {
        Path dev = Shared.devSuites();
        Conversion metagpt = convert(QueryLog.read(dev.resolve("agent_logs/metagpt_cached_queries.jsonl")), Map.of());
        assertThat(metagpt.read()).isEqualTo(265);
        assertThat(metagpt.kinds().stream().mapToInt(k -> k.queries().size()).sum()).isEqualTo(metagpt.queries());
        assertThat(metagpt.afterTraining()).isBetween(0.05, 0.5);
        Conversion tau = convert(QueryLog.read(dev.resolve("tau_airline_gpt4o.jsonl")), Map.of());
        assertThat(tau.kinds()).extracting(Kind::name).contains("call get_reservation_details", "reply to the user");
        assertThat(tau.curated().kept()).noneMatch(AgentQuery::exportable);
    }
}
