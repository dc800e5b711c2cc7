package dev.outrider.router.ledger;

import java.time.Instant;

/**
 * A query is about to leave for the LLM.
 *
 * @param id the query's id, the same as in its {@link DecisionRecord}
 * @param at when
 * @param leasedMicroUsd money set aside for it, in micro-dollars
 */
public record EgressNotice(String id, Instant at, long leasedMicroUsd) implements LedgerEntry {}
