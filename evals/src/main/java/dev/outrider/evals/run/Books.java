package dev.outrider.evals.run;

import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;

/**
 * What a report needs of one query's ledger record: money in micro-dollars, seconds, and the tokens that the LLM counted.
 *
 * @param ledgerId the query's id in the ledger; null when there is none
 * @param workload the policy's workload that decided; null when unknown
 * @param probability calibrated probability that the SLM's answer is right; null when nothing is calibrated
 * @param localMicroUsd what the local attempt cost
 * @param failedLocalMicroUsd the part of it that bought no answer
 * @param remoteMicroUsd what the LLM cost
 * @param localSeconds wall-clock seconds of the local attempt; null without one
 * @param remoteSeconds wall-clock seconds of the LLM; null when it was not asked
 * @param counted tokens that the LLM counted for one answer; null when it counted none, or was asked more than once
 */
public record Books(
        @Nullable String ledgerId,
        @Nullable String workload,
        @Nullable Double probability,
        long localMicroUsd,
        long failedLocalMicroUsd,
        long remoteMicroUsd,
        @Nullable Double localSeconds,
        @Nullable Double remoteSeconds,
        @Nullable Counted counted) {

    /** No record, no money. */
    public static final Books NONE = new Books(null, null, null, 0, 0, 0, null, null, null);

    /**
     * Tokens as the LLM counted them.
     *
     * @param inputTokens of the prompt
     * @param outputTokens of the answer
     */
    public record Counted(long inputTokens, long outputTokens) {}

    /** The same without the id. */
    Books withoutId() {
        return new Books(
                null, workload == null ? null : workload.intern(), probability, localMicroUsd, failedLocalMicroUsd, remoteMicroUsd, localSeconds, remoteSeconds, counted);
    }

    /** The books of a record; {@link #NONE} where there is none. */
    public static Books of(@Nullable DecisionRecord record) {
        if (record == null) {
            return NONE;
        }
        DecisionRecord.Local local = record.local();
        DecisionRecord.Remote remote = record.remote();
        DecisionRecord.Cost cost = record.cost();
        DecisionRecord.Calibrated calibrated = record.calibration();
        boolean counted = remote != null && !remote.estimated() && remote.calls() == 1;
        return new Books(
                record.id(),
                record.workload(),
                calibrated == null ? null : calibrated.probability(),
                cost.localMicroUsd(),
                cost.failedLocalMicroUsd(),
                cost.remoteMicroUsd(),
                local == null ? null : Double.valueOf(local.seconds()),
                remote == null ? null : Double.valueOf(remote.seconds()),
                remote == null || !counted ? null : new Counted(remote.inputTokens(), remote.outputTokens()));
    }
}
