package dev.outrider.evals.run;

import java.util.EnumMap;
import java.util.Map;

import dev.outrider.evals.match.LlmJudge;

/**
 * What an LLM judge did in a run, all its starts together. Its money is no part of what the cascade costs.
 *
 * @param model the judge
 * @param outcomes replies by outcome
 * @param calls requests that left for the judge, failed ones included
 * @param inputTokens of the prompts
 * @param outputTokens of the answers
 * @param microUsd what that cost; what was set aside for a call whose end is not known counts as spent
 */
public record JudgeUse(
        String model, Map<LlmJudge.Outcome, Integer> outcomes, long calls, long inputTokens, long outputTokens, long microUsd) {

    public JudgeUse {
        Map<LlmJudge.Outcome, Integer> copy = new EnumMap<>(LlmJudge.Outcome.class);
        copy.putAll(outcomes);
        outcomes = copy;
    }

    /** Replies with this outcome. */
    public int of(LlmJudge.Outcome outcome) {
        return outcomes.getOrDefault(outcome, 0);
    }

    /** Replies that were compared with their reference. */
    public int replies() {
        return outcomes.values().stream().mapToInt(Integer::intValue).sum();
    }
}
