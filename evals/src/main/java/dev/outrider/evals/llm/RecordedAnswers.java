package dev.outrider.evals.llm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import dev.outrider.evals.suite.EvalCase;

/**
 * Finds the case that a conversation is about. First by the whole conversation and the tools on offer; then without the system
 * message; then without the tools; last by the newest user text and the number of answers since, so that an agent whose tool
 * results differ from the recorded ones is served too. A conversation that nothing fits is not served at all.
 */
final class RecordedAnswers {

    private final List<Map<Object, EvalCase>> levels = List.of(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());

    RecordedAnswers(List<EvalCase> cases) {
        for (EvalCase c : cases) {
            if (c.runnable()) {
                Set<String> tools = new HashSet<>();
                c.tools().forEach(t -> tools.add(Turn.toolName(t.name())));
                List<Object> keys = keys(Turn.ofMessages(c.messages()), tools);
                for (int i = 0; i < keys.size(); i++) {
                    levels.get(i).putIfAbsent(keys.get(i), c);
                }
            }
        }
    }

    Optional<EvalCase> find(List<Turn> turns, JsonNode tools) {
        Set<String> names = new HashSet<>();
        tools.forEach(t -> names.add(Turn.toolName(t.path("function").path("name").asText())));
        List<Object> keys = keys(turns, names);
        for (int i = 0; i < keys.size(); i++) {
            EvalCase found = levels.get(i).get(keys.get(i));
            if (found != null) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    private static List<Object> keys(List<Turn> turns, Set<String> tools) {
        List<Turn> dialogue = turns.stream().filter(t -> !t.role().equals("system")).toList();
        List<Object> keys = new ArrayList<>();
        keys.add(List.of(turns, tools));
        keys.add(List.of(dialogue, tools));
        keys.add(dialogue);
        keys.add(List.of(lastUserText(turns), rounds(turns)));
        return keys;
    }

    static String lastUserText(List<Turn> turns) {
        return turns.reversed().stream().filter(t -> t.role().equals("user")).map(Turn::text).findFirst().orElse("");
    }

    /** Answers that the model has given since the newest user message. */
    static int rounds(List<Turn> turns) {
        int rounds = 0;
        for (Turn turn : turns) {
            if (turn.role().equals("user")) {
                rounds = 0;
            } else if (turn.role().equals("assistant")) {
                rounds++;
            }
        }
        return rounds;
    }
}
