package dev.outrider.router;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.Workload;
import dev.outrider.router.remote.RemoteException;

/** Everything that is found out about one query on its way, for its record. Used by one thread. */
final class QueryBooks {

    private final String id;
    private final Instant arrived;
    private final long began;
    private final CascadePlan plan;
    private final CascadeAttributes attributes;
    private final Charges charges;
    private final @Nullable AnswerStream stream;

    private @Nullable Workload workload;
    private @Nullable Workload rule;
    private LocalWork.@Nullable Done local;
    private EvidenceJudge.@Nullable Verdict verdict;
    private Decision.@Nullable Escalate escalation;
    private @Nullable Decision wouldHave;
    private @Nullable RemoteBooks remote;
    private @Nullable RemoteException fault;
    private DecisionRecord.@Nullable Audit audit;
    private RecordRedaction redaction = RecordRedaction.NONE;

    /**
     * @param began nanoseconds of the clock that durations are measured with
     * @param stream where the answer goes piece by piece; null when it is wanted as a whole
     */
    QueryBooks(
            String id,
            Instant arrived,
            long began,
            CascadePlan plan,
            CascadeAttributes attributes,
            @Nullable AnswerStream stream) {
        this.id = id;
        this.arrived = arrived;
        this.began = began;
        this.plan = plan;
        this.attributes = attributes;
        this.stream = stream;
        this.charges = new Charges(plan.budgets(), attributes.budgetKeys(id), plan.leaseExpiry());
    }

    String id() {
        return id;
    }

    Instant arrived() {
        return arrived;
    }

    CascadePlan plan() {
        return plan;
    }

    CascadeAttributes attributes() {
        return attributes;
    }

    Charges charges() {
        return charges;
    }

    EvidenceJudge.@Nullable Verdict verdict() {
        return verdict;
    }

    /** The workload that decides, as far as is known by now. */
    void workload(Workload decides) {
        workload = decides;
    }

    /** A workload whose word settled the query, whatever the evidence. */
    void rule(Workload settles) {
        rule = settles;
    }

    void local(LocalWork.Done done) {
        local = done;
    }

    void verdict(EvidenceJudge.Verdict weighed) {
        verdict = weighed;
    }

    void escalation(Decision.Escalate wanted) {
        escalation = wanted;
    }

    /** What would have been decided if the decision counted. */
    void wouldHave(Decision decision) {
        wouldHave = decision;
    }

    void remote(RemoteBooks asked) {
        remote = asked;
    }

    void fault(RemoteException remoteFault) {
        fault = remoteFault;
    }

    /** How much of the query's texts may be kept. */
    void redaction(RecordRedaction restricts) {
        redaction = restricts;
    }

    RecordRedaction redaction() {
        return redaction;
    }

    void audit(DecisionRecord.Audit draw) {
        audit = draw;
    }

    /**
     * The record as things stand.
     *
     * @param now nanoseconds of the clock that durations are measured with
     */
    DecisionRecord toRecord(Decision decision, Instant ended, long now) {
        boolean keep = plan.policy().ledger().keepAnswers();
        RemoteBooks paid = remote;
        LocalWork.Done asked = local;
        long localCost = asked == null ? 0 : asked.microUsd();
        boolean taken = decision instanceof Decision.Accept;
        Workload decides = Objects.requireNonNull(workload, "workload");
        return redaction.of(DecisionRecord.builder()
                .id(id)
                .at(arrived)
                .tenant(attributes.tenant())
                .session(attributes.session())
                .subtask(attributes.subtask())
                .query(attributes.query())
                .label(attributes.workload())
                .workload(decides.name())
                .mode(DecisionRecord.Mode.valueOf(decides.mode().name()))
                .decision(decision)
                .wouldHave(wouldHave)
                .escalation(escalation)
                .rule(rule == null ? null : rule.name())
                .effect(asked == null || asked.attempt().message() == null
                        ? null
                        : plan.check().effectOf(asked.attempt().message()))
                .threshold(verdict == null ? null : verdict.threshold())
                .calibration(verdict == null ? null : verdict.calibration())
                .audit(audit)
                .local(asked == null ? null : asked.attempt().toRecord(keep))
                .remote(paid == null || paid.isEmpty()
                        ? null
                        : paid.toRecord(keep, fault == null ? null : messageOf(fault)))
                .cost(new DecisionRecord.Cost(localCost, taken ? 0 : localCost, paid == null ? 0 : paid.microUsd()))
                .prices(plan.prices())
                .leases(charges.leases())
                .redactions(paid == null || paid.redactions() == 0 ? null : Integer.valueOf(paid.redactions()))
                .heldMillis(stream == null ? null : Long.valueOf(stream.heldMillis()))
                .times(times(ended, now))
                .policy(plan.policy().version())
                .build());
    }

    private DecisionRecord.Times times(Instant ended, long now) {
        double seconds = (now - began) / 1e9;
        double queued = charges.waited().toNanos() / 1e9;
        double models = (local == null ? 0 : local.attempt().seconds()) + (remote == null ? 0 : remote.seconds());
        return new DecisionRecord.Times(ended, seconds, Math.max(0, seconds - models - queued), queued);
    }

    /** One line already, and its end says what to do, so it is not cut. */
    static String messageOf(RemoteException fault) {
        return Objects.requireNonNullElse(fault.getMessage(), "the LLM failed");
    }
}
