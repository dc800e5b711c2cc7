package dev.outrider.evals.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes what {@code slm-runtime/training/} learns from: {@code train.jsonl} and {@code heldout.jsonl}, one conversation a line, {@code
 * {"kind", "system", "tools": [{name, description, parameters}], "messages": [{"role", "content"} or {"role", "calls": [[name,
 * {arguments}]]}]}}. The last message is the answer to learn. Conversations of one group are never split: one group in ten is held out,
 * by a hash of its name. {@code heldout-suite.jsonl} holds the same held-out queries as cases for {@code outrider eval}.
 */
public final class TrainingSets {

    /** The files, in the order in which they appear. */
    private static final List<String> FILES = List.of("train.jsonl", "heldout.jsonl", "heldout-suite.jsonl");

    /** Numbers keep their digits: an amount of 24.90 is learnt as it stands in the prompt. */
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
            .build();

    private TrainingSets() {}

    /**
     * What was written.
     *
     * @param kinds kinds that were large and learnable enough
     * @param train examples to learn
     * @param heldOut examples to measure with
     * @param cases of these, cases of the suite; the others cannot be asked through {@code eval}
     */
    public record Written(int kinds, int train, int heldOut, int cases) {}

    /**
     * Writes the sets into a folder that exists. Each file appears whole or not at all.
     *
     * @param minExamples smallest number of examples of a kind
     * @param minLearnable smallest share of a kind that training can reach
     * @throws IOException when they cannot be written
     */
    public static Written write(Path folder, List<Kind> kinds, int minExamples, double minLearnable) throws IOException {
        int exported = 0;
        int train = 0;
        int heldOut = 0;
        int cases = 0;
        List<Path> half = FILES.stream().map(f -> folder.resolve(f + ".half")).toList();
        try (Writer learn = Files.newBufferedWriter(half.get(0));
                Writer hold = Files.newBufferedWriter(half.get(1));
                Writer suite = Files.newBufferedWriter(half.get(2))) {
            for (Kind kind : kinds) {
                List<AgentQuery> usable = kind.queries().stream().filter(AgentQuery::exportable).toList();
                if (usable.size() < minExamples || kind.afterTraining() < minLearnable) {
                    continue;
                }
                exported++;
                for (AgentQuery q : usable) {
                    boolean held = heldOut(q.group());
                    (held ? hold : learn).write(line(kind, q) + "\n");
                    heldOut += held ? 1 : 0;
                    train += held ? 0 : 1;
                    String asked = held ? HeldOutSuite.line(kind, q) : null;
                    if (asked != null) {
                        suite.write(asked + "\n");
                        cases++;
                    }
                }
            }
        } catch (IOException e) {
            for (Path path : half) {
                Files.deleteIfExists(path);
            }
            throw e;
        }
        for (int i = 0; i < half.size(); i++) {
            Files.move(half.get(i), folder.resolve(FILES.get(i)), StandardCopyOption.REPLACE_EXISTING);
        }
        return new Written(exported, train, heldOut, cases);
    }

    static boolean heldOut(String group) {
        CRC32 crc = new CRC32();
        crc.update(("held out " + group).getBytes(StandardCharsets.UTF_8));
        return crc.getValue() % 10 == 0;
    }

    static String line(Kind kind, AgentQuery q) {
        ObjectNode node = JSON.createObjectNode().put("kind", kind.name());
        StringBuilder system = new StringBuilder();
        ArrayNode messages = JSON.createArrayNode();
        for (ChatMessage m : q.messages()) {
            if (m instanceof SystemMessage s) {
                system.append(system.isEmpty() ? "" : "\n").append(s.text());
            } else {
                messages.add(message(m));
            }
        }
        messages.add(message(q.answer()));
        node.put("system", system.toString());
        ArrayNode tools = node.putArray("tools");
        q.tools().forEach(tools::add);
        node.set("messages", messages);
        return node.toString();
    }

    private static ObjectNode message(ChatMessage m) {
        String role = m instanceof AiMessage ? "assistant" : m instanceof ToolExecutionResultMessage ? "tool" : "user";
        ObjectNode node = JSON.createObjectNode().put("role", role);
        if (m instanceof AiMessage a && a.hasToolExecutionRequests()) {
            ArrayNode calls = node.putArray("calls");
            a.toolExecutionRequests().forEach(c -> calls.addArray().add(c.name()).add(arguments(c.arguments())));
        } else {
            node.put("content", Words.text(m));
        }
        return node;
    }

    private static JsonNode arguments(String json) {
        try {
            return JSON.readTree(json.isBlank() ? "{}" : json);
        } catch (JsonProcessingException e) {
            return JSON.createObjectNode();
        }
    }
}
