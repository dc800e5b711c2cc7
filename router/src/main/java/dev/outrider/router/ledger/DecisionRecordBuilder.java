package dev.outrider.router.ledger;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.router.ledger.DecisionRecord.Audit;
import dev.outrider.router.ledger.DecisionRecord.Calibrated;
import dev.outrider.router.ledger.DecisionRecord.Cost;
import dev.outrider.router.ledger.DecisionRecord.Lease;
import dev.outrider.router.ledger.DecisionRecord.Local;
import dev.outrider.router.ledger.DecisionRecord.Mode;
import dev.outrider.router.ledger.DecisionRecord.Prices;
import dev.outrider.router.ledger.DecisionRecord.Remote;
import dev.outrider.router.ledger.DecisionRecord.Times;
import dev.outrider.tools.SideEffect;

/**
 * Builder of a {@link DecisionRecord}, whose parameters say what its values mean; id, at, decision and policy are
 * required. Used by one thread.
 */
public final class DecisionRecordBuilder {

    private @Nullable String id;
    private @Nullable Instant at;
    private @Nullable String tenant;
    private @Nullable String session;
    private @Nullable String subtask;
    private @Nullable String query;
    private @Nullable String label;
    private @Nullable String workload;
    private Mode mode = Mode.ENFORCE;
    private @Nullable Decision decision;
    private @Nullable Decision wouldHave;
    private Decision.@Nullable Escalate escalation;
    private @Nullable String rule;
    private @Nullable SideEffect effect;
    private @Nullable Double threshold;
    private @Nullable Calibrated calibration;
    private @Nullable Audit audit;
    private @Nullable Local local;
    private @Nullable Remote remote;
    private Cost cost = new Cost(0, 0, 0);
    private @Nullable Prices prices;
    private List<Lease> leases = List.of();
    private @Nullable Integer redactions;
    private @Nullable Long heldMillis;
    private @Nullable Times times;
    private @Nullable String policy;

    DecisionRecordBuilder() {}

    public DecisionRecordBuilder id(String id) {
        this.id = id;
        return this;
    }

    public DecisionRecordBuilder at(Instant at) {
        this.at = at;
        return this;
    }

    public DecisionRecordBuilder tenant(@Nullable String tenant) {
        this.tenant = tenant;
        return this;
    }

    public DecisionRecordBuilder session(@Nullable String session) {
        this.session = session;
        return this;
    }

    public DecisionRecordBuilder subtask(@Nullable String subtask) {
        this.subtask = subtask;
        return this;
    }

    public DecisionRecordBuilder query(@Nullable String query) {
        this.query = query;
        return this;
    }

    public DecisionRecordBuilder label(@Nullable String label) {
        this.label = label;
        return this;
    }

    public DecisionRecordBuilder workload(@Nullable String workload) {
        this.workload = workload;
        return this;
    }

    public DecisionRecordBuilder mode(Mode mode) {
        this.mode = mode;
        return this;
    }

    public DecisionRecordBuilder decision(Decision decision) {
        this.decision = decision;
        return this;
    }

    public DecisionRecordBuilder wouldHave(@Nullable Decision wouldHave) {
        this.wouldHave = wouldHave;
        return this;
    }

    public DecisionRecordBuilder escalation(Decision.@Nullable Escalate escalation) {
        this.escalation = escalation;
        return this;
    }

    public DecisionRecordBuilder rule(@Nullable String rule) {
        this.rule = rule;
        return this;
    }

    public DecisionRecordBuilder effect(@Nullable SideEffect effect) {
        this.effect = effect;
        return this;
    }

    public DecisionRecordBuilder threshold(@Nullable Double threshold) {
        this.threshold = threshold;
        return this;
    }

    public DecisionRecordBuilder calibration(@Nullable Calibrated calibration) {
        this.calibration = calibration;
        return this;
    }

    public DecisionRecordBuilder audit(@Nullable Audit audit) {
        this.audit = audit;
        return this;
    }

    public DecisionRecordBuilder local(@Nullable Local local) {
        this.local = local;
        return this;
    }

    public DecisionRecordBuilder remote(@Nullable Remote remote) {
        this.remote = remote;
        return this;
    }

    public DecisionRecordBuilder cost(Cost cost) {
        this.cost = cost;
        return this;
    }

    public DecisionRecordBuilder prices(@Nullable Prices prices) {
        this.prices = prices;
        return this;
    }

    public DecisionRecordBuilder leases(List<Lease> leases) {
        this.leases = leases;
        return this;
    }

    public DecisionRecordBuilder redactions(@Nullable Integer redactions) {
        this.redactions = redactions;
        return this;
    }

    public DecisionRecordBuilder heldMillis(@Nullable Long heldMillis) {
        this.heldMillis = heldMillis;
        return this;
    }

    public DecisionRecordBuilder times(@Nullable Times times) {
        this.times = times;
        return this;
    }

    public DecisionRecordBuilder policy(String policy) {
        this.policy = policy;
        return this;
    }

    /** The record. */
    public DecisionRecord build() {
        return new DecisionRecord(
                DecisionRecord.SCHEMA,
                Objects.requireNonNull(id, "id"),
                Objects.requireNonNull(at, "at"),
                tenant,
                session,
                subtask,
                query,
                label,
                workload,
                mode,
                Objects.requireNonNull(decision, "decision"),
                wouldHave,
                escalation,
                rule,
                effect,
                threshold,
                calibration,
                audit,
                local,
                remote,
                cost,
                prices,
                leases,
                redactions,
                heldMillis,
                times,
                Objects.requireNonNull(policy, "policy"));
    }
}
