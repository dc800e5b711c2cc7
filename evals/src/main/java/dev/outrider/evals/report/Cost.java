package dev.outrider.evals.report;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.Books;
import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;
import dev.outrider.router.MicroUsd;
import dev.outrider.router.remote.RemoteModelSettings;

/**
 * Money in micro-dollars.
 *
 * @param llmOnlyMicroUsd what sending every query to the LLM would have cost
 * @param localMicroUsd all local attempts, failed ones included
 * @param failedLocalMicroUsd the part of it that bought no answer
 * @param remoteMicroUsd what the LLM cost
 * @param counted queries whose LLM tokens were counted by the LLM
 * @param estimated queries whose LLM tokens had to be estimated
 * @param inputScale counted over estimated prompt tokens of the counted queries, by which estimates are corrected; 1 without any
 * @param outputScale the same for answer tokens
 */
public record Cost(
        long llmOnlyMicroUsd,
        long localMicroUsd,
        long failedLocalMicroUsd,
        long remoteMicroUsd,
        int counted,
        int estimated,
        double inputScale,
        double outputScale) {

    static Cost of(List<QueryResult> results, RemoteModelSettings price) {
        double countedIn = 0;
        double countedOut = 0;
        double estimatedIn = 0;
        double estimatedOut = 0;
        int counted = 0;
        for (QueryResult r : results) {
            Books.Counted usage = usage(r);
            if (usage != null) {
                counted++;
                countedIn += usage.inputTokens();
                countedOut += usage.outputTokens();
                estimatedIn += r.promptTokens();
                estimatedOut += r.answerTokens();
            }
        }
        double inputScale = counted == 0 ? 1 : countedIn / estimatedIn;
        double outputScale = counted == 0 ? 1 : countedOut / estimatedOut;
        BigDecimal llmOnly = BigDecimal.ZERO;
        long local = 0;
        long failed = 0;
        long remote = 0;
        for (QueryResult r : results) {
            Books.Counted usage = usage(r);
            long in = usage == null ? Math.round(r.promptTokens() * inputScale) : usage.inputTokens();
            long out = usage == null ? Math.round(r.answerTokens() * outputScale) : usage.outputTokens();
            llmOnly = llmOnly.add(MicroUsd.ofTokens(in, price.usdPerMillionInputTokens()))
                    .add(MicroUsd.ofTokens(out, price.usdPerMillionOutputTokens()));
            local += r.books().localMicroUsd();
            failed += r.books().failedLocalMicroUsd();
            remote += r.books().remoteMicroUsd();
        }
        return new Cost(
                llmOnly.setScale(0, RoundingMode.CEILING).longValueExact(),
                local,
                failed,
                remote,
                counted,
                results.size() - counted,
                inputScale,
                outputScale);
    }

    /** What the LLM counted for one answer to a query that an LLM-only agent would have sent too; null otherwise. */
    private static Books.@Nullable Counted usage(QueryResult r) {
        boolean usable = r.route() == Route.REMOTE && r.promptTokens() > 0 && r.answerTokens() > 0;
        return usable ? r.books().counted() : null;
    }

    /** What the cascade cost, failed local attempts included. */
    public long routedMicroUsd() {
        return localMicroUsd + remoteMicroUsd;
    }

    /** Share of the LLM-only cost that was saved; negative when the cascade cost more. Null when nothing would have cost anything. */
    public @Nullable Double savedShare() {
        return llmOnlyMicroUsd == 0 ? null : 1 - (double) routedMicroUsd() / llmOnlyMicroUsd;
    }

    /** How the LLM-only cost was found, in a sentence. */
    public String basis() {
        if (counted == 0) {
            return "tokens of all " + estimated + " queries estimated (1 per 4 bytes)";
        }
        return "tokens of %d queries counted by the LLM, of %d estimated (1 per 4 bytes, corrected by %.2f in, %.2f out)"
                .formatted(counted, estimated, inputScale, outputScale);
    }
}
