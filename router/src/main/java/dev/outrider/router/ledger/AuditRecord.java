package dev.outrider.router.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a shadow audit ended: the LLM was asked the same as the SLM, whose answer had been taken, and the two were
 * compared. It comes after the {@link DecisionRecord} of the same id, because nobody waits for an audit.
 *
 * @param schema version of this form
 * @param id the audited query
 * @param at when the audit ended
 * @param workload the query's workload, when it has one
 * @param propensity probability with which this answer was drawn for an audit, in (0, 1]
 * @param agreed whether the LLM answered the same; null when it could not be asked
 * @param model name of the LLM, {@code unknown} when it did not say
 * @param answer what the LLM answered; null when it failed or the policy keeps no answers
 * @param error one line when it failed
 * @param inputTokens tokens of the prompt that were charged
 * @param outputTokens tokens of the answer that were charged
 * @param microUsd what the audit cost, in micro-dollars
 * @param seconds wall-clock seconds
 */
public record AuditRecord(
        int schema,
        String id,
        Instant at,
        @Nullable String workload,
        double propensity,
        @Nullable Boolean agreed,
        String model,
        @Nullable Answer answer,
        @Nullable String error,
        long inputTokens,
        long outputTokens,
        long microUsd,
        double seconds)
        implements LedgerEntry {}
