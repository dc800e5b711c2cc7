package dev.outrider.agents;

import java.util.List;

/**
 * What came of one request.
 *
 * @param finalText the answer for the person who asked; empty unless {@link Outcome#ANSWERED}
 * @param steps every model query that got an answer, in order
 * @param outcome how the run ended
 * @param reason one line that says why and what to do; empty where the run was answered
 */
public record AgentRun(String finalText, List<AgentStep> steps, Outcome outcome, String reason) {

    public AgentRun {
        steps = List.copyOf(steps);
    }

    /** Every call of the run, in order. */
    public List<AgentCall> calls() {
        return steps.stream().flatMap(step -> step.calls().stream()).toList();
    }

    /** How many calls have that status. */
    public long count(AgentCall.Status status) {
        return calls().stream().filter(call -> call.status() == status).count();
    }
}
