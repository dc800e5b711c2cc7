package dev.outrider.router.audit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.calibration.EvidenceFeatures;
import dev.outrider.router.calibration.LabelledAnswer;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.LedgerEntry;
import dev.outrider.router.ledger.ShadowRecord;

/**
 * Labelled answers from what production wrote down: the LLM's answer stands in for the truth. Of accepted answers those
 * are labelled that were audited; of those that were not sure enough every one that the LLM then answered; of a workload in
 * shadow mode every one that the SLM gave beside the LLM.
 *
 * <p>Taken as they are, the unsure ones would be too many by the inverse of the audit rate, and a fit would be about
 * another source than production. So all are thinned to one common probability, the smallest propensity of their workload,
 * by the same hash that draws audits: what is left is a plain random sample of all local answers of the right form.
 *
 * <p>Answers that nobody labelled although they were due (the LLM failed, the budget was empty, answers were not kept) are
 * left out and counted. The cluster of an answer is its session, or the query itself where there is none.
 */
public final class LedgerAnswers {

    private final Function<DecisionRecord, @Nullable String> workloads;
    private final AgreementMatcher matcher;
    private final Map<String, DecisionRecord> audited = new HashMap<>();
    private final Map<String, DecisionRecord> shadowed = new HashMap<>();
    private final List<Due> labelled = new ArrayList<>();
    private int unlabelled;

    /**
     * @param workloads the workload that a record is counted under; null leaves it out
     * @param matcher whether two answers say the same
     */
    public LedgerAnswers(Function<DecisionRecord, @Nullable String> workloads, AgreementMatcher matcher) {
        this.workloads = workloads;
        this.matcher = matcher;
    }

    /** A labelled answer and the probability with which it came to be labelled. */
    private record Due(String id, double propensity, LabelledAnswer answer) {}

    /** Takes in what a ledger holds, oldest first. */
    public void read(Stream<? extends LedgerEntry> entries) {
        entries.forEach(entry -> {
            switch (entry) {
                case DecisionRecord record -> decided(record);
                case AuditRecord audit -> ended(audit);
                case ShadowRecord shadow -> shadowEnded(shadow);
                case EgressNotice _ -> {
                    // says nothing about answers
                }
            }
        });
    }

    private void decided(DecisionRecord record) {
        DecisionRecord.Local local = record.local();
        Decision.Escalate wanted = record.escalation();
        if (wanted != null && wanted.reason() == EscalationReason.SHADOW) {
            shadowed.put(record.id(), record);
            return;
        }
        if (local == null || EvidenceFeatures.of(record).isEmpty()) {
            return;
        }
        if (wanted != null && !wanted.reason().answerWasWellFormed()) {
            return;
        }
        DecisionRecord.Audit audit = record.audit();
        if (record.decision() instanceof Decision.Accept) {
            if (audit == null || !audit.drawn()) {
                return;
            }
            if (audit.agreed() != null) {
                add(record, audit.propensity(), audit.agreed());
            } else {
                audited.put(record.id(), record);
            }
            return;
        }
        Answer mine = local.answer();
        Answer theirs = record.remote() == null ? null : record.remote().answer();
        if (mine == null || theirs == null) {
            unlabelled++;
        } else {
            add(record, 1, matcher.agree(mine, theirs));
        }
    }

    private void ended(AuditRecord audit) {
        DecisionRecord record = audited.remove(audit.id());
        if (record != null) {
            if (audit.agreed() == null) {
                unlabelled++;
            } else {
                add(record, audit.propensity(), audit.agreed());
            }
        }
    }

    /** The SLM's answer stands in the shadow's record, whose query it is in the one before. */
    private void shadowEnded(ShadowRecord shadow) {
        DecisionRecord query = shadowed.remove(shadow.id());
        Boolean agreed = shadow.agreed();
        boolean malformed = shadow.wouldHave() instanceof Decision.Escalate wanted
                && !wanted.reason().answerWasWellFormed();
        if (query == null || malformed) {
            return;
        }
        if (agreed == null) {
            unlabelled++;
            return;
        }
        DecisionRecord answered = DecisionRecord.builder()
                .id(shadow.id())
                .at(shadow.at())
                .session(query.session())
                .workload(shadow.workload())
                .decision(shadow.wouldHave())
                .effect(shadow.effect())
                .local(shadow.local())
                .policy(query.policy())
                .build();
        add(answered, 1, agreed);
    }

    private void add(DecisionRecord record, double propensity, boolean right) {
        String workload = workloads.apply(record);
        Optional<EvidenceFeatures> evidence = EvidenceFeatures.of(record);
        if (workload != null && evidence.isPresent()) {
            String session = record.session();
            labelled.add(new Due(
                    record.id(),
                    propensity,
                    new LabelledAnswer(workload, session == null ? record.id() : session, evidence.get(), right, null)));
        }
    }

    /** The sample, in the order of the ledger. */
    public List<LabelledAnswer> answers() {
        Map<String, Double> least = new LinkedHashMap<>();
        for (Due due : labelled) {
            least.merge(due.answer.workload(), due.propensity, Math::min);
        }
        List<LabelledAnswer> sample = new ArrayList<>();
        for (Due due : labelled) {
            double keep = least.getOrDefault(due.answer.workload(), 1.0) / due.propensity;
            if (keep >= 1 || AuditDraw.draw("thinned " + due.id, keep).isPresent()) {
                sample.add(due.answer);
            }
        }
        return sample;
    }

    /** Local answers that were due a label and got none, audits that have not ended included. */
    public int unlabelled() {
        return unlabelled + audited.size();
    }
}
