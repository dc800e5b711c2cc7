package dev.outrider.evals.report;

import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * The numbers of one query that statistics add up.
 *
 * @param workload the policy's workload; {@code unknown} where the ledger's record is not at hand
 * @param llmPrompt tokens of the prompt as the LLM counts them, or estimated
 * @param llmAnswer tokens of the answer, likewise
 * @param counted whether the LLM counted them
 * @param localMicroUsd the SLM's attempt
 * @param failedLocalMicroUsd the part of it that bought no answer
 * @param remoteMicroUsd what the LLM cost
 * @param localSeconds seconds of the SLM's attempt; 0 without one
 * @param probability calibrated probability that the SLM is right, or its own where nothing is calibrated; null without any
 */
record QueryFacts(
        String workload,
        long llmPrompt,
        long llmAnswer,
        boolean counted,
        long localMicroUsd,
        long failedLocalMicroUsd,
        long remoteMicroUsd,
        double localSeconds,
        @Nullable Double probability) {

    static QueryFacts of(QueryResult r) {
        DecisionRecord record = r.record();
        if (record == null) {
            return new QueryFacts("unknown", r.promptTokens(), r.answerTokens(), false, 0, 0, 0, 0, r.confidence());
        }
        DecisionRecord.Remote remote = record.remote();
        boolean plain = remote != null && r.route() == Route.REMOTE && !remote.estimated() && remote.calls() == 1;
        DecisionRecord.Remote counted = plain ? remote : null;
        DecisionRecord.Calibrated calibrated = record.calibration();
        Double probability = calibrated == null ? null : calibrated.probability();
        return new QueryFacts(
                record.workload() == null ? "unknown" : record.workload(),
                counted == null ? r.promptTokens() : counted.inputTokens(),
                counted == null ? r.answerTokens() : counted.outputTokens(),
                counted != null,
                record.cost().localMicroUsd(),
                record.cost().failedLocalMicroUsd(),
                record.cost().remoteMicroUsd(),
                record.local() == null ? 0 : record.local().seconds(),
                probability == null ? r.confidence() : probability);
    }
}
