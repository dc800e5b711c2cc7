package dev.outrider.router.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.tools.SideEffect;

/**
 * How the SLM would have done on a query of a workload in shadow mode, which the LLM answered. It comes after the {@link
 * DecisionRecord} of the same id, because nobody waits for it.
 *
 * @param schema version of this form
 * @param id the query
 * @param at when the SLM was done
 * @param workload the query's workload
 * @param wouldHave what enforcing the policy would have decided
 * @param agreed whether the SLM proposed what the LLM answered; null when it proposed nothing
 * @param effect heaviest side effect of the calls that the SLM proposed; null for a reply or no answer
 * @param threshold smallest probability that was demanded; null when none was
 * @param calibration what calibration made of the evidence; null without one
 * @param local what the attempt took
 * @param microUsd what it cost, in micro-dollars
 */
public record ShadowRecord(
        int schema,
        String id,
        Instant at,
        String workload,
        Decision wouldHave,
        @Nullable Boolean agreed,
        @Nullable SideEffect effect,
        @Nullable Double threshold,
        DecisionRecord.@Nullable Calibrated calibration,
        DecisionRecord.Local local,
        long microUsd)
        implements LedgerEntry {}
