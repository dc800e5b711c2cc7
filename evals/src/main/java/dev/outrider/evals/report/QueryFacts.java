package dev.outrider.evals.report;

import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.Books;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;

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
        Books books = r.books();
        Books.Counted counted = r.route() == Route.REMOTE ? books.counted() : null;
        Double localSeconds = books.localSeconds();
        Double probability = books.probability();
        return new QueryFacts(
                books.workload() == null ? "unknown" : books.workload(),
                counted == null ? r.promptTokens() : counted.inputTokens(),
                counted == null ? r.answerTokens() : counted.outputTokens(),
                counted != null,
                books.localMicroUsd(),
                books.failedLocalMicroUsd(),
                books.remoteMicroUsd(),
                localSeconds == null ? 0 : localSeconds,
                probability == null ? r.confidence() : probability);
    }
}
