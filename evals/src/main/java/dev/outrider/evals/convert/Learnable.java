package dev.outrider.evals.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether an answer could be given by a model that has seen the other examples of its kind: an estimate of what training can reach, made
 * without training. An answer counts when its structure stands in an example of another conversation (the same calls with the same
 * parameters, the same JSON keys, the same label) and every value in it stands in the prompt or in such an example. A text or code
 * counts only when nine of ten of its words, in threes, do. It is an upper bound of copying and an estimate of nothing cleverer: a model
 * may pick the wrong value of those in the prompt, and may write what no example holds.
 */
final class Learnable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double COVERED = 0.9;

    private Learnable() {}

    static boolean learnable(AgentQuery q, List<AgentQuery> kind) {
        List<AgentQuery> others = kind.stream().filter(o -> !o.group().equals(q.group())).toList();
        return switch (Shape.of(q.answer())) {
            case CALL -> calls(q, others);
            case JSON -> json(q, others);
            case LABEL -> others.stream().anyMatch(o -> plain(o.answer()).equals(plain(q.answer())));
            case DIAGRAM, CODE, TEXT -> words(q, others);
        };
    }

    private static boolean calls(AgentQuery q, List<AgentQuery> others) {
        String structure = structure(q.answer());
        List<AgentQuery> alike = others.stream().filter(o -> structure(o.answer()).equals(structure)).toList();
        if (alike.isEmpty()) {
            return false;
        }
        Set<String> known = new HashSet<>();
        alike.forEach(o -> o.answer().toolExecutionRequests().forEach(c -> values(tree(c.arguments()), known)));
        Set<String> wanted = new HashSet<>();
        q.answer().toolExecutionRequests().forEach(c -> values(tree(c.arguments()), wanted));
        return covered(wanted, known, q);
    }

    private static boolean json(AgentQuery q, List<AgentQuery> others) {
        JsonNode mine = Shape.json(text(q.answer()));
        if (mine == null) {
            return false;
        }
        Set<String> paths = paths(mine);
        Set<String> known = new HashSet<>();
        boolean alike = false;
        for (AgentQuery o : others) {
            JsonNode theirs = Shape.json(text(o.answer()));
            if (theirs != null && paths(theirs).equals(paths)) {
                alike = true;
                values(theirs, known);
            }
        }
        Set<String> wanted = new HashSet<>();
        values(mine, wanted);
        return alike && covered(wanted, known, q);
    }

    private static boolean covered(Set<String> wanted, Set<String> known, AgentQuery q) {
        String context = normal(Words.context(q));
        return wanted.stream().allMatch(v -> known.contains(v) || context.contains(v));
    }

    private static boolean words(AgentQuery q, List<AgentQuery> others) {
        Set<String> mine = threes(normal(text(q.answer())));
        Set<String> known = threes(normal(Words.context(q)));
        others.forEach(o -> known.addAll(threes(normal(text(o.answer())))));
        return !mine.isEmpty() && mine.stream().filter(known::contains).count() >= COVERED * mine.size();
    }

    private static Set<String> threes(String text) {
        String[] w = text.split(" ", -1);
        Set<String> threes = new HashSet<>();
        for (int i = 0; i + 2 < w.length; i++) {
            threes.add(w[i] + " " + w[i + 1] + " " + w[i + 2]);
        }
        if (threes.isEmpty()) {
            threes.add(text);
        }
        return threes;
    }

    private static String structure(AiMessage answer) {
        StringBuilder all = new StringBuilder();
        for (ToolExecutionRequest c : answer.toolExecutionRequests()) {
            all.append(c.name()).append(paths(tree(c.arguments())));
        }
        return all.toString();
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json.isBlank() ? "{}" : json);
        } catch (JsonProcessingException e) {
            // what is no JSON is one value that only its twin equals
            return JSON.getNodeFactory().textNode(json);
        }
    }

    private static Set<String> paths(JsonNode node) {
        Set<String> paths = new TreeSet<>();
        collect("", node, paths);
        return paths;
    }

    private static void collect(String at, JsonNode node, Set<String> paths) {
        paths.add(at);
        node.properties().forEach(e -> collect(at + "." + e.getKey(), e.getValue(), paths));
        if (node.isArray()) {
            node.forEach(e -> collect(at + "[]", e, paths));
        }
    }

    private static void values(JsonNode node, Set<String> values) {
        if (node.isValueNode()) {
            String value = normal(node.asText());
            if (!value.isBlank()) {
                values.add(value);
            }
        }
        node.forEach(e -> values(e, values));
    }

    private static String plain(AiMessage answer) {
        return normal(text(answer));
    }

    private static String text(AiMessage answer) {
        return answer.text() == null ? "" : answer.text().strip();
    }

    private static String normal(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[\\s\"'`]+", " ").strip();
    }
}
