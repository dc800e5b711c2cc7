package dev.outrider.evals.replay;

import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;

/**
 * How many tokens the LLM would have counted for a query that it was not asked. What it counted where it was asked, over what the
 * SLM counted on the same query, is the rate of exchange.
 */
final class LlmTokens {

    private long localIn;
    private long localOut;
    private long remoteIn;
    private long remoteOut;
    private long counted;
    private long bothIn;
    private long bothOut;

    /**
     * Tokens of one query.
     *
     * @param counted whether the LLM counted them
     */
    record Tokens(long input, long output, boolean counted) {}

    /** Learns from a record. */
    void learn(DecisionRecord record) {
        DecisionRecord.Remote remote = usable(record);
        DecisionRecord.Local local = record.local();
        if (remote != null) {
            counted++;
            remoteIn += remote.inputTokens();
            remoteOut += remote.outputTokens();
            if (local != null && local.inputTokens() > 0 && local.outputTokens() > 0) {
                localIn += local.inputTokens();
                localOut += local.outputTokens();
                bothIn += remote.inputTokens();
                bothOut += remote.outputTokens();
            }
        }
    }

    Tokens of(DecisionRecord record) {
        DecisionRecord.Remote remote = usable(record);
        if (remote != null) {
            return new Tokens(remote.inputTokens(), remote.outputTokens(), true);
        }
        DecisionRecord.Local local = record.local();
        if (local != null && local.inputTokens() > 0) {
            double in = localIn == 0 ? 1 : (double) bothIn / localIn;
            double out = localOut == 0 ? 1 : (double) bothOut / localOut;
            return new Tokens(Math.round(local.inputTokens() * in), Math.round(local.outputTokens() * out), false);
        }
        return counted == 0 ? new Tokens(0, 0, false) : new Tokens(remoteIn / counted, remoteOut / counted, false);
    }

    /** One answer whose tokens the LLM counted itself. */
    private static DecisionRecord.@Nullable Remote usable(DecisionRecord record) {
        DecisionRecord.Remote remote = record.remote();
        return remote != null && !remote.estimated() && remote.calls() == 1 && remote.error() == null && remote.inputTokens() > 0
                ? remote
                : null;
    }
}
