package dev.outrider.evals.suite;

import dev.langchain4j.data.message.UserMessage;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Which cases belong together when a sample is drawn: those of one dialogue, one benchmark task or one question are not independent,
 * and an interval that pretends so is too narrow.
 */
final class TaskGroups {

    private static final Pattern MULTI_TURN = Pattern.compile("(bfcl/multi_turn)_(?:base|miss_func|miss_param|long_context)_(\\d+)/.*");
    private static final Pattern STEP = Pattern.compile("((?:tooltalk|tau/airline)/[^/]+)/.*");
    private static final Pattern DIALOGUE = Pattern.compile("(apibank/.+)/\\d+");

    private TaskGroups() {}

    /** The task that an id of a known third-party suite names; the id itself otherwise. */
    static String stem(String id) {
        for (Pattern pattern : List.of(MULTI_TURN, STEP, DIALOGUE)) {
            var m = pattern.matcher(id);
            if (m.matches()) {
                return m.groupCount() == 2 ? m.group(1) + "_" + m.group(2) : m.group(1);
            }
        }
        return id;
    }

    /** The same cases, with those that ask the same opening question (across suites too) put into one cluster. */
    static List<EvalCase> joinSameQuestions(List<EvalCase> cases) {
        Map<String, String> parent = new HashMap<>();
        Map<String, String> taskOfQuestion = new LinkedHashMap<>();
        for (EvalCase c : cases) {
            String question = c.messages().stream()
                    .filter(UserMessage.class::isInstance)
                    .map(m -> ((UserMessage) m).singleText().strip())
                    .findFirst()
                    .orElse(c.id());
            String first = taskOfQuestion.putIfAbsent(question, c.task());
            if (first != null) {
                String a = root(parent, first);
                String b = root(parent, c.task());
                if (!a.equals(b)) {
                    parent.put(b, a);
                }
            }
        }
        return cases.stream().map(c -> c.withCluster(root(parent, c.task()))).toList();
    }

    private static String root(Map<String, String> parent, String task) {
        String at = task;
        for (String up = parent.get(at); up != null; up = parent.get(at)) {
            at = up;
        }
        return at;
    }
}
