package dev.outrider.evals.run;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import dev.outrider.evals.suite.EvalCase;

/**
 * A task that an agent can be given live: what the person says, and for every query of every turn the case that judges it.
 *
 * @param id the task
 * @param requests what the person says, turn by turn
 * @param steps per turn the cases, query by query
 */
record LiveTask(String id, List<String> requests, List<List<EvalCase>> steps) {

    LiveTask {
        requests = List.copyOf(requests);
        steps = steps.stream().map(List::copyOf).toList();
    }

    /** The task's cases in order. */
    List<EvalCase> cases() {
        return steps.stream().flatMap(List::stream).toList();
    }

    /** The tasks of some cases, in order. */
    static Map<String, List<EvalCase>> group(List<EvalCase> cases) {
        Map<String, List<EvalCase>> tasks = new LinkedHashMap<>();
        cases.forEach(c -> tasks.computeIfAbsent(c.task(), t -> new ArrayList<>()).add(c));
        return tasks;
    }

    /** The task that these cases make; empty where a query in between has no case, for it could not be judged. */
    static Optional<LiveTask> of(String id, List<EvalCase> cases) {
        List<String> requests = cases.getLast().messages().stream()
                .filter(UserMessage.class::isInstance)
                .map(m -> ((UserMessage) m).singleText())
                .toList();
        List<List<EvalCase>> steps = new ArrayList<>();
        requests.forEach(r -> steps.add(new ArrayList<>()));
        for (EvalCase c : cases) {
            int turn = -1;
            int round = 0;
            for (ChatMessage message : c.messages()) {
                if (message instanceof UserMessage user) {
                    turn++;
                    round = 0;
                    if (turn >= requests.size() || !user.singleText().equals(requests.get(turn))) {
                        return Optional.empty();
                    }
                } else if (message instanceof AiMessage) {
                    round++;
                }
            }
            if (turn < 0 || steps.get(turn).size() != round) {
                return Optional.empty();
            }
            steps.get(turn).add(c);
        }
        return steps.stream().anyMatch(List::isEmpty)
                ? Optional.empty()
                : Optional.of(new LiveTask(id, requests, steps));
    }
}
