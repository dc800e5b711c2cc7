package dev.outrider.router.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.ShadowRecord;

/**
 * Books of the shadow audits: who is drawn, what came of it, which bounds are suspended. Its state is a function of the
 * ledger's entries in their order: {@link #replay} a ledger at the start, and pass on every entry that is written
 * afterwards. Safe for many threads.
 *
 * <p>A bound is watched per workload and version of the calibration table. What is watched is disagreement with the LLM,
 * which is the risk promised plus, at most, the LLM's own errors ({@link AuditSettings#llmError}). Answers that were
 * taken for another reason than the table's (an empty budget, a typed threshold) have no bound; their audits count in
 * the estimates alone.
 */
public final class ShadowAudits {

    private final AuditSettings settings;
    private final Map<String, AuditEstimate.Sums> sums = new LinkedHashMap<>();
    private final Map<Bound, DriftAlarm> alarms = new HashMap<>();
    private final Map<Bound, Suspension> suspensions = new LinkedHashMap<>();
    private final Map<String, Open> open = new HashMap<>();

    public ShadowAudits(AuditSettings settings) {
        this.settings = settings;
    }

    /** What one alarm watches: queries of one workload that were promised the same. */
    private record Bound(String workload, String calibration, RiskKind kind, double risk) {

        /** The bound that a decision was made under; null when there was none. */
        static @Nullable Bound of(String workload, DecisionRecord record) {
            DecisionRecord.Calibrated by = record.calibration();
            return by == null || by.riskBound() == null || by.riskKind() == null
                    ? null
                    : new Bound(workload, by.version(), RiskKind.valueOf(by.riskKind()), by.riskBound());
        }
    }

    /** An audit that has not ended. */
    private record Open(String workload, double propensity, @Nullable Bound bound, DriftAlarm.@Nullable Bet bet) {}

    /**
     * Draws an accepted answer.
     *
     * @param id of the query
     * @param rate of its workload; null for the settings' rate
     * @return the propensity when it is to be audited, otherwise empty
     */
    public OptionalDouble draw(String id, @Nullable Double rate) {
        return AuditDraw.draw(id, rate == null ? settings.rate() : rate);
    }

    /** Takes in what a ledger holds, oldest first. */
    public void replay(Stream<? extends LedgerEntry> entries) {
        entries.forEach(entry -> {
            switch (entry) {
                case DecisionRecord record -> decided(record);
                case AuditRecord audit -> audited(audit);
                case EgressNotice _, ShadowRecord _ -> {
                    // says nothing about answers
                }
            }
        });
    }

    /** A decision was written. */
    public synchronized void decided(DecisionRecord record) {
        String workload = record.workload();
        if (workload == null || record.local() == null) {
            return;
        }
        Bound bound = Bound.of(workload, record);
        boolean onEvidence =
                record.decision() instanceof Decision.Accept accept && accept.basis() == Decision.Basis.EVIDENCE;
        if (!onEvidence) {
            DriftAlarm alarm = bound == null ? null : alarms.get(bound);
            if (alarm != null) {
                alarm.notAccepted();
            }
        }
        DecisionRecord.Audit audit = record.audit();
        if (!record.answeredLocally() || audit == null || audit.propensity() <= 0) {
            return;
        }
        AuditEstimate.Sums own = sums.computeIfAbsent(workload, w -> new AuditEstimate.Sums());
        own.accepted();
        DriftAlarm alarm = bound != null && onEvidence ? alarmOf(bound) : null;
        DriftAlarm.Bet bet = alarm == null ? null : alarm.accepted(audit.propensity(), audit.drawn());
        if (audit.drawn()) {
            own.drawn();
            open.put(record.id(), new Open(workload, audit.propensity(), bound, bet));
            Boolean agreed = audit.agreed();
            if (agreed != null) {
                ended(record.id(), agreed, record.at());
            }
        }
    }

    /** An audit ended. */
    public synchronized void audited(AuditRecord audit) {
        ended(audit.id(), audit.agreed(), audit.at());
    }

    private void ended(String id, @Nullable Boolean agreed, Instant at) {
        Open audit = open.remove(id);
        if (audit == null) {
            return;
        }
        AuditEstimate.Sums own = sums.computeIfAbsent(audit.workload, w -> new AuditEstimate.Sums());
        Bound bound = audit.bound;
        DriftAlarm.Bet bet = audit.bet;
        DriftAlarm alarm = bound == null ? null : alarms.get(bound);
        if (agreed == null) {
            own.failed();
            if (bet != null && alarm != null) {
                alarm.cancel(bet);
            }
            return;
        }
        own.answered(audit.propensity, agreed);
        if (bound != null && bet != null && alarm != null) {
            alarm.settle(bet, !agreed);
            if (alarm.raised()) {
                suspensions.putIfAbsent(
                        bound,
                        new Suspension(
                                bound.workload,
                                bound.calibration,
                                at,
                                bound.kind,
                                bound.risk,
                                alarm.audits(),
                                alarm.wrong()));
            }
        }
    }

    /** Null where the LLM's errors leave nothing to watch. */
    private @Nullable DriftAlarm alarmOf(Bound bound) {
        double watched = bound.risk + settings.llmError();
        return watched >= 1
                ? null
                : alarms.computeIfAbsent(bound, b -> new DriftAlarm(b.kind, watched, settings.falseAlarm()));
    }

    /**
     * Why the bound of a workload must not be relied on.
     *
     * @param calibration version of the table in force
     */
    public synchronized Optional<Suspension> suspension(String workload, String calibration) {
        if (suspensions.isEmpty()) {
            // asked for every decision
            return Optional.empty();
        }
        return suspensions.values().stream()
                .filter(s -> s.workload().equals(workload) && s.calibration().equals(calibration))
                .findFirst();
    }

    /** All suspensions so far, oldest first, those of former tables included. */
    public synchronized List<Suspension> suspensions() {
        return List.copyOf(suspensions.values());
    }

    /** What the audits say about a workload; an estimate without audits when there are none. */
    public synchronized AuditEstimate estimate(String workload) {
        AuditEstimate.Sums own = sums.get(workload);
        return (own == null ? new AuditEstimate.Sums() : own).estimate(workload);
    }

    /** What the audits say about every workload with accepted answers. */
    public synchronized List<AuditEstimate> estimates() {
        List<AuditEstimate> all = new ArrayList<>();
        sums.forEach((workload, own) -> all.add(own.estimate(workload)));
        return all;
    }

    /** Audits that were drawn and have not ended. */
    public synchronized int openAudits() {
        return open.size();
    }
}
