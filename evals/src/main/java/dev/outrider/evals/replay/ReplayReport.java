package dev.outrider.evals.replay;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.stats.Interval;
import dev.outrider.evals.stats.OffPolicyShare;

/**
 * What a policy would have done on the queries of a ledger.
 *
 * @param ledger name of the ledger
 * @param policy version of the policy
 * @param calibration version of its calibration table; null without one
 * @param records decisions in the ledger
 * @param migrated of them, read from an older form
 * @param undecided records that cannot be decided again, by reason; in no other figure
 * @param examples of each such reason, a few records: id and what is missing
 * @param before what had become of the queries that can be decided again
 * @param after what this policy does with them
 * @param moved queries that went another way: {@code "accept → escalate:LOW_CONFIDENCE"} and how many
 * @param wrong of the answers that this policy takes, the share that is wrong
 * @param workloads the same by workload of this policy
 * @param money dollars
 * @param notes what a reader must know
 */
public record ReplayReport(
        String ledger,
        String policy,
        @Nullable String calibration,
        long records,
        long migrated,
        Map<String, Long> undecided,
        Map<String, List<String>> examples,
        Counts before,
        Counts after,
        Map<String, Long> moved,
        OffPolicyShare.Estimate wrong,
        List<OfWorkload> workloads,
        Money money,
        List<String> notes) {

    /**
     * Where queries ended.
     *
     * @param accepted answered by the SLM
     * @param escalated by reason
     * @param refused by reason
     */
    public record Counts(long accepted, Map<String, Long> escalated, Map<String, Long> refused) {

        public long total() {
            return accepted + sum(escalated) + sum(refused);
        }

        private static long sum(Map<String, Long> counts) {
            return counts.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /** One workload of the policy. */
    public record OfWorkload(String name, long queries, long acceptedBefore, long accepted, OffPolicyShare.Estimate wrong) {}

    /**
     * Money in micro-dollars at the prices of this policy, over the queries that can be decided again. Audits are not in it.
     *
     * @param llmOnly if the LLM had answered everything
     * @param before what the ledger says was paid, at the prices then
     * @param after what this policy would have paid
     * @param counted queries whose tokens the LLM counted; the others' are estimated from the SLM's counts
     */
    public record Money(long llmOnly, long before, long after, long counted) {}

    /** Queries that could be decided again. */
    public long decided() {
        return after.total();
    }

    /** Share of all queries that this policy answers locally. */
    public double localShare() {
        return decided() == 0 ? 0 : (double) after.accepted() / decided();
    }

    /**
     * Share answered locally and right, over all queries. Answers about which nothing is known count as not right: what is not
     * known replaces nothing.
     */
    public @Nullable Double replaced() {
        Double share = wrong.selfNormalised();
        if (decided() == 0) {
            return null;
        }
        if (share == null) {
            return after.accepted() == 0 ? Double.valueOf(0) : null;
        }
        return wrong.supported() * (1 - share) / decided();
    }

    /** Its interval: at the lower end the unknown are all wrong, at the upper end all right. */
    public Interval replacedInterval() {
        Interval i = wrong.interval();
        double n = Math.max(1, decided());
        double low = i == null ? 0 : wrong.supported() * (1 - i.high()) / n;
        double high = ((i == null ? 0 : wrong.supported() * (1 - i.low())) + wrong.unknown()) / n;
        return new Interval(low, Math.min(1, high), "off-policy, unknown answers from all wrong to all right");
    }

    /** Share taken locally and wrong, over all queries; null when nothing is known. */
    public @Nullable Double takenWrong() {
        Double share = wrong.selfNormalised();
        if (decided() == 0) {
            return null;
        }
        if (share == null) {
            return after.accepted() == 0 ? Double.valueOf(0) : null;
        }
        return wrong.supported() * share / decided();
    }

    /** Its interval: at the lower end the unknown are all right, at the upper end all wrong. */
    public Interval takenWrongInterval() {
        Interval i = wrong.interval();
        double n = Math.max(1, decided());
        double low = i == null ? 0 : wrong.supported() * i.low() / n;
        double high = ((i == null ? 0 : wrong.supported() * i.high()) + wrong.unknown()) / n;
        return new Interval(low, Math.min(1, high), "off-policy, unknown answers from all right to all wrong");
    }
}
