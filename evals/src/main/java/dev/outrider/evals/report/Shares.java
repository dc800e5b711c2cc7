package dev.outrider.evals.report;

import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.Estimate;

/**
 * How much of the LLM's work some queries replaced, in four units; each with an interval, clustered by task.
 *
 * <p>By calls and by tokens: the share of queries, or of the tokens that the LLM alone would have read and written, that were answered
 * locally and right. By money and by joules it is net: what the replaced queries would have cost the LLM, less what all local attempts
 * cost, failed ones included, over what everything would have cost. It falls below 0 where the attempts cost more than they save.
 *
 * @param name what the queries have in common
 * @param queries how many
 * @param calls by calls; null without queries
 * @param tokens by tokens
 * @param money by money
 * @param joules by energy; null unless inputs were stated
 */
public record Shares(
        String name,
        long queries,
        @Nullable Estimate calls,
        @Nullable Estimate tokens,
        @Nullable Estimate money,
        @Nullable Estimate joules) {}
