package dev.outrider.router.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.tools.SideEffect;

/**
 * Everything the cascade knows about one query: one line of the ledger. {@code docs/ledger.md} documents the JSON form;
 * it only grows, and {@code schema} is raised when the meaning of a field changes.
 *
 * @param schema version of this form
 * @param id unique per query
 * @param at when the query arrived
 * @param session the caller's session, when it named one
 * @param query the caller's id of the query, when it named one
 * @param workload the caller's label of the kind of work, when it named one
 * @param decision how the query ended
 * @param escalation why the LLM was wanted; also set when it then could not be asked or failed
 * @param rule the policy's rule that matched, when one did
 * @param effect heaviest side effect of the calls that the local answer proposed; null for a reply or no local answer
 * @param threshold smallest probability that the policy demands for an answer of that effect; null without a local
 *     answer
 * @param local what the local attempt took; null when the SLM was not asked
 * @param remote what the LLM took; null when it was not asked
 * @param cost money of the query
 * @param policy version of the policy that decided
 */
public record DecisionRecord(
        int schema,
        String id,
        Instant at,
        @Nullable String session,
        @Nullable String query,
        @Nullable String workload,
        Decision decision,
        Decision.@Nullable Escalate escalation,
        @Nullable String rule,
        @Nullable SideEffect effect,
        @Nullable Double threshold,
        @Nullable Local local,
        @Nullable Remote remote,
        Cost cost,
        String policy) {

    /** Version of the ledger's form that this code writes. */
    public static final int SCHEMA = 1;

    /**
     * The local attempt.
     *
     * @param model name of the SLM, {@code unknown} when it did not say
     * @param answer what it proposed; null when it failed or the policy keeps no answers
     * @param evidence how sure it was; null when it said nothing about that
     * @param error one line when the SLM failed; null otherwise
     * @param inputTokens tokens of the prompt
     * @param outputTokens tokens of the answer
     * @param seconds wall-clock seconds, waiting for the model's turn included
     */
    public record Local(
            String model,
            @Nullable Answer answer,
            @Nullable Evidence evidence,
            @Nullable String error,
            long inputTokens,
            long outputTokens,
            double seconds) {}

    /**
     * Summary of the SLM's token evidence.
     *
     * @param smallestDecisionProbability probability of the least certain decision token; null when no token decides
     *     anything
     * @param smallestDecisionMargin smallest top-2 margin of the decision tokens; null when no token decides anything
     * @param tokens tokens of the answer
     * @param decisionTokens tokens that decide something
     * @param thinkingTokens tokens that were thoughts
     * @param prefillSeconds seconds spent on the prompt
     * @param decodeSeconds seconds spent on the answer
     */
    public record Evidence(
            @Nullable Double smallestDecisionProbability,
            @Nullable Double smallestDecisionMargin,
            int tokens,
            int decisionTokens,
            int thinkingTokens,
            double prefillSeconds,
            double decodeSeconds) {}

    /**
     * The remote attempt.
     *
     * @param model name of the LLM, {@code unknown} when it did not say
     * @param answer what it answered; null when it failed or the policy keeps no answers
     * @param error one line when it failed; null otherwise
     * @param calls answers asked for: 2 when the first one broke a schema and was to be repaired
     * @param attempts requests sent, retries included
     * @param inputTokens tokens of the prompts that were or may have been billed
     * @param outputTokens tokens of the answers that were billed
     * @param estimated whether token counts are estimated from characters because the LLM reported no usage or failed
     *     after it may have billed the prompt
     * @param leasedMicroUsd money set aside for the worst case
     * @param overdraftMicroUsd money charged beyond what was set aside
     * @param seconds wall-clock seconds, waits between attempts included
     */
    public record Remote(
            String model,
            @Nullable Answer answer,
            @Nullable String error,
            int calls,
            int attempts,
            long inputTokens,
            long outputTokens,
            boolean estimated,
            long leasedMicroUsd,
            long overdraftMicroUsd,
            double seconds) {}

    /**
     * Money in micro-dollars (1 USD = 1,000,000).
     *
     * @param localMicroUsd the local attempt: its seconds at the policy's price of an hour
     * @param failedLocalMicroUsd the part of it that bought no answer: all of it unless the local answer was taken
     * @param remoteMicroUsd what the LLM costs by the usage it reported
     */
    public record Cost(long localMicroUsd, long failedLocalMicroUsd, long remoteMicroUsd) {

        /** Both tiers together. */
        public long totalMicroUsd() {
            return Math.addExact(localMicroUsd, remoteMicroUsd);
        }
    }

    /** Whether the SLM's answer was given to the caller. */
    public boolean answeredLocally() {
        return decision instanceof Decision.Accept;
    }
}
