package dev.outrider.evals.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
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
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes what {@code slm-runtime/training/} learns from: {@code train.jsonl} and {@code heldout.jsonl}, one conversation a line, {@code
 * {"kind", "system", "tools": [{name, description, parameters}], "messages": [{"role", "content"} or {"role", "calls": [[name,
 * {arguments}]]}]}}. The last message is the answer to learn. Conversations of one group are never split: one group in ten is held out,
 * by a hash of its name.
 */
public final class TrainingSets {

    private static final ObjectMapper JSON = new ObjectMapper();

    private TrainingSets() {}

    /**
     * What was written.
     *
     * @param kinds kinds that were large and learnable enough
     * @param train examples to learn
     * @param heldOut examples to measure with
     */
    public record Written(int kinds, int train, int heldOut) {}

    /**
     * Writes the sets into a folder that exists.
     *
     * @param minExamples smallest number of examples of a kind
     * @param minLearnable smallest share of a kind that training can reach
     * @throws IOException when they cannot be written
     */
    public static Written write(Path folder, List<Kind> kinds, int minExamples, double minLearnable) throws IOException {
        int exported = 0;
        int train = 0;
        int heldOut = 0;
        try (Writer learn = Files.newBufferedWriter(folder.resolve("train.jsonl"));
                Writer hold = Files.newBufferedWriter(folder.resolve("heldout.jsonl"))) {
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
                }
            }
        }
        return new Written(exported, train, heldOut);
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
