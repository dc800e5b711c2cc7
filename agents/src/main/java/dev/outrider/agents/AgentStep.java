package dev.outrider.agents;

import dev.langchain4j.data.message.AiMessage;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.tools.ToolOutcome;

/**
 * One model query of a run, and what came of its answer.
 *
 * @param number 1 for the first query of the request
 * @param message the model's answer; its calls carry the ids under which they ran
 * @param record the ledger's entry of this query, or null where the model is no cascade
 * @param calls one per call of the answer, in order; empty where the answer is text
 * @param took wall-clock time of the query, tools not included
 */
public record AgentStep(
        int number, AiMessage message, @Nullable DecisionRecord record, List<AgentCall> calls, Duration took) {

    public AgentStep {
        calls = List.copyOf(calls);
    }

    /** What the cascade decided, or null where the model is no cascade. */
    public @Nullable Decision decision() {
        return record == null ? null : record.decision();
    }

    /** What the model reads about its calls, one per call. */
    public List<ToolOutcome> outcomes() {
        return calls.stream().map(AgentCall::outcome).toList();
    }
}
