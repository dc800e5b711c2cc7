package dev.outrider.router.ledger;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.tools.SideEffect;

/**
 * Everything the cascade knows about one query: one entry of the ledger. {@code docs/ledger.md} documents the JSON form,
 * {@code docs/ledger.schema.json} describes it to programs; it only grows, and {@code schema} is raised when the meaning
 * of a field changes. Build one with {@link #builder()}; what is not set is absent.
 *
 * @param schema version of this form; records of an older one are read in this one
 * @param id unique per query
 * @param at when the query arrived
 * @param tenant on whose account it runs, when the caller said so
 * @param session the caller's session, when it named one
 * @param subtask the caller's subtask within the session, when it named one
 * @param query the caller's id of the query, when it named one
 * @param label the caller's label of the kind of work, when it gave one
 * @param workload the policy's workload that decided
 * @param mode whether the decision held
 * @param decision how the query ended
 * @param wouldHave what enforcing the policy would have decided; null when the policy was enforced
 * @param escalation why the LLM was wanted; also set when it then could not be asked or failed
 * @param rule the policy's workload whose word settled the query whatever the evidence ({@code then}, {@code egress}),
 *     when one did
 * @param effect heaviest side effect of the calls that the local answer proposed; null for a reply or no local answer
 * @param threshold smallest probability that was demanded of the local answer: of {@code calibration} where there is
 *     one, of the raw evidence otherwise; null when none was demanded
 * @param calibration what calibration made of the evidence; null without one
 * @param audit whether the accepted answer was drawn for a shadow audit; null when it could not be
 * @param local what the local attempt took; null when the SLM was not asked
 * @param remote what the LLM took; null when it was not asked
 * @param cost money of the query
 * @param prices the prices behind it
 * @param leases what was set aside from budgets and what was charged, in order
 * @param redactions pieces of text that were replaced before the request left; null when nothing was to be replaced
 * @param heldMillis how long a streamed answer was held back until it could be decided; null when it was not streamed
 * @param times when and how long
 * @param policy version of the policy that decided
 */
public record DecisionRecord(
        int schema,
        String id,
        Instant at,
        @Nullable String tenant,
        @Nullable String session,
        @Nullable String subtask,
        @Nullable String query,
        @Nullable String label,
        @Nullable String workload,
        Mode mode,
        Decision decision,
        @Nullable Decision wouldHave,
        Decision.@Nullable Escalate escalation,
        @Nullable String rule,
        @Nullable SideEffect effect,
        @Nullable Double threshold,
        @Nullable Calibrated calibration,
        @Nullable Audit audit,
        @Nullable Local local,
        @Nullable Remote remote,
        Cost cost,
        @Nullable Prices prices,
        List<Lease> leases,
        @Nullable Integer redactions,
        @Nullable Long heldMillis,
        @Nullable Times times,
        String policy)
        implements LedgerEntry {

    /** Version of the ledger's form that this code writes. */
    public static final int SCHEMA = 2;

    public DecisionRecord {
        leases = List.copyOf(leases);
    }

    /** Whether the decision held. */
    public enum Mode {
        /** The SLM was asked beside the LLM, whose answer went out whatever the SLM said. */
        SHADOW,
        /** The answer went out as without the workload's demands, and what they would have decided is noted. */
        OBSERVE,
        /** The decision held. */
        ENFORCE
    }

    /**
     * How sure the SLM was of its answer, in [0, 1]: the calibrated probability, which is what a threshold is compared with, or the
     * least probability of a decision in the answer where no calibration holds; null when it gave no answer or no evidence.
     */
    public @Nullable Double probability() {
        if (calibration != null && calibration.probability() != null) {
            return calibration.probability();
        }
        Evidence evidence = local == null ? null : local.evidence();
        return evidence == null ? null : evidence.smallestDecisionProbability();
    }

    /**
     * What calibration made of the evidence.
     *
     * @param version version of the calibration table
     * @param probability calibrated probability that the local answer is right; null when the table could not say
     * @param riskKind {@code JOINT} (wrong and accepted) or {@code CONDITIONAL} (wrong among the accepted)
     * @param targetRisk the risk that the policy allows
     * @param riskBound upper bound of the risk at the threshold; null when no threshold meets the target
     * @param n labelled answers behind the bound
     */
    public record Calibrated(
            String version,
            @Nullable Double probability,
            @Nullable String riskKind,
            @Nullable Double targetRisk,
            @Nullable Double riskBound,
            @Nullable Integer n) {}

    /**
     * The draw of a shadow audit; its end is an {@link AuditRecord}.
     *
     * @param propensity probability with which an answer like this is audited, in [0, 1]
     * @param drawn whether this one is
     * @param agreed whether the LLM answered the same; null while nobody knows
     */
    public record Audit(double propensity, boolean drawn, @Nullable Boolean agreed) {}

    /**
     * The local attempt.
     *
     * @param model name of the SLM, {@code unknown} when it did not say
     * @param version which weights: a digest or revision; null when it did not say
     * @param answer what it proposed; null when it failed or the policy keeps no answers
     * @param evidence how sure it was; null when it said nothing about that
     * @param error one line when the SLM failed; null otherwise
     * @param inputTokens tokens of the prompt
     * @param outputTokens tokens of the answer
     * @param seconds wall-clock seconds, waiting for the model's turn included
     */
    public record Local(
            String model,
            @Nullable String version,
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
     * @param meanDecisionLogProbability mean natural logarithm of the decision tokens' probabilities; null when no token
     *     decides anything
     * @param sumLogProbability natural logarithm of the whole answer's probability; null when it was not kept
     * @param toolNameProbability probability of the tools' names; null when no tool was called or it was not kept
     * @param maskedMass largest probability that a grammar mask took away at one token; null without a mask
     * @param tokens tokens of the answer
     * @param decisionTokens tokens that decide something
     * @param thinkingTokens tokens that were thoughts
     * @param prefillSeconds seconds spent on the prompt
     * @param decodeSeconds seconds spent on the answer
     */
    public record Evidence(
            @Nullable Double smallestDecisionProbability,
            @Nullable Double smallestDecisionMargin,
            @Nullable Double meanDecisionLogProbability,
            @Nullable Double sumLogProbability,
            @Nullable Double toolNameProbability,
            @Nullable Double maskedMass,
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
     * @param tried the models of the chain that were tried before this one, in order; null for a single model
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
            @Nullable List<Tried> tried,
            long inputTokens,
            long outputTokens,
            boolean estimated,
            long leasedMicroUsd,
            long overdraftMicroUsd,
            double seconds) {

        public Remote {
            tried = tried == null ? null : List.copyOf(tried);
        }
    }

    /**
     * A model of the chain that brought no answer.
     *
     * @param model its name in the policy
     * @param attempts requests sent to it
     * @param error what went wrong, in one line
     */
    public record Tried(String model, int attempts, String error) {}

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

    /**
     * Prices in dollars.
     *
     * @param localPerHour of an hour of the machine while the SLM uses it
     * @param remotePerMillionInputTokens of a million prompt tokens of the LLM asked last; null when none is configured
     * @param remotePerMillionOutputTokens of a million of its answer tokens; null when none is configured
     */
    public record Prices(
            BigDecimal localPerHour,
            @Nullable BigDecimal remotePerMillionInputTokens,
            @Nullable BigDecimal remotePerMillionOutputTokens) {}

    /**
     * One lease on the budgets.
     *
     * @param purpose what for: {@code local}, {@code remote}, {@code repair}, {@code audit}
     * @param leased set aside for the worst case
     * @param charged booked in the end
     */
    public record Lease(String purpose, Spend leased, Spend charged) {}

    /**
     * Amounts in all units that budgets know.
     *
     * @param microUsd money
     * @param tokens tokens of prompts and answers
     * @param thinkingTokens tokens that were thoughts
     * @param millis wall-clock milliseconds
     * @param gpuMillis milliseconds of a GPU
     */
    public record Spend(long microUsd, long tokens, long thinkingTokens, long millis, long gpuMillis) {}

    /**
     * When and how long. The query arrived at {@link DecisionRecord#at}.
     *
     * @param ended when this record was made
     * @param seconds wall-clock seconds since the query arrived
     * @param decisionSeconds the part of it that went neither to a model nor to waiting: rules, checks, budgets, ledger
     * @param queuedSeconds the part of it that was spent waiting for a budget
     */
    public record Times(Instant ended, double seconds, double decisionSeconds, double queuedSeconds) {}

    /** Begins a record of the current form. */
    public static DecisionRecordBuilder builder() {
        return new DecisionRecordBuilder();
    }

    /** Whether the SLM's answer was given to the caller. */
    public boolean answeredLocally() {
        return decision instanceof Decision.Accept;
    }
}
