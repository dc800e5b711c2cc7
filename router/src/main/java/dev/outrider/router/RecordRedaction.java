package dev.outrider.router;

import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.privacy.Egress;
import dev.outrider.router.privacy.EgressRefusedException;
import dev.outrider.router.privacy.Redacted;
import dev.outrider.router.privacy.Redactor;

/**
 * What a ledger may keep of a query that may not leave as it is: answers, faults and reasons with the placeholders of the
 * redacted request, whoever answered. What cannot be redacted is left out. Safe for many threads.
 */
final class RecordRedaction {

    /** Keeps everything: the query may leave as it is. */
    static final RecordRedaction NONE = new RecordRedaction(null);

    private static final String LEFT_OUT = "(left out: the request cannot be redacted)";

    private final @Nullable Supplier<Redacted> redaction;
    private @Nullable Redacted redacted;
    private boolean impossible;

    private RecordRedaction(@Nullable Supplier<Redacted> redaction) {
        this.redaction = redaction;
    }

    /**
     * The redaction of one query's records; done when the first one is written.
     *
     * @param egress what of the query may leave
     * @param names of people in the query
     */
    static RecordRedaction of(Egress egress, Redactor redactor, ChatRequest request, Collection<String> names) {
        return egress == Egress.ANY ? NONE : new RecordRedaction(() -> redactor.redact(request, names));
    }

    DecisionRecord of(DecisionRecord r) {
        if (redaction == null) {
            return r;
        }
        Decision wouldHave = r.wouldHave();
        return new DecisionRecord(
                r.schema(), r.id(), r.at(), r.tenant(), r.session(), r.subtask(), r.query(), r.label(), r.workload(), r.mode(),
                of(r.decision()), wouldHave == null ? null : of(wouldHave),
                r.escalation() == null ? null : of(r.escalation()), r.rule(), r.effect(), r.threshold(),
                r.calibration(), r.audit(), r.local() == null ? null : of(r.local()),
                r.remote() == null ? null : of(r.remote()), r.cost(), r.prices(), r.leases(), r.redactions(),
                r.heldMillis(), r.times(), r.policy());
    }

    AuditRecord of(AuditRecord r) {
        return redaction == null
                ? r
                : new AuditRecord(
                        r.schema(), r.id(), r.at(), r.workload(), r.propensity(), r.agreed(), r.model(),
                        answer(r.answer()), text(r.error()), r.inputTokens(), r.outputTokens(), r.microUsd(), r.seconds());
    }

    DecisionRecord.Local of(DecisionRecord.Local r) {
        return redaction == null
                ? r
                : new DecisionRecord.Local(
                        r.model(), r.version(), answer(r.answer()), r.evidence(), text(r.error()), r.inputTokens(),
                        r.outputTokens(), r.seconds());
    }

    private DecisionRecord.Remote of(DecisionRecord.Remote r) {
        List<DecisionRecord.Tried> tried = r.tried();
        return new DecisionRecord.Remote(
                r.model(), answer(r.answer()), text(r.error()), r.calls(), r.attempts(),
                tried == null
                        ? null
                        : tried.stream()
                                .map(t -> new DecisionRecord.Tried(t.model(), t.attempts(), string(t.error())))
                                .toList(),
                r.inputTokens(), r.outputTokens(), r.estimated(), r.leasedMicroUsd(), r.overdraftMicroUsd(), r.seconds());
    }

    Decision of(Decision decision) {
        return switch (decision) {
            case Decision.Accept accept -> accept;
            case Decision.Escalate escalate -> of(escalate);
            case Decision.Refuse refuse -> new Decision.Refuse(refuse.reason(), string(refuse.detail()));
        };
    }

    Decision.Escalate of(Decision.Escalate escalate) {
        return new Decision.Escalate(escalate.reason(), string(escalate.detail()));
    }

    private @Nullable Answer answer(@Nullable Answer answer) {
        Redacted texts = answer == null ? null : texts();
        if (answer == null || texts == null) {
            return null;
        }
        return new Answer(
                answer.text() == null ? null : texts.redact(answer.text()),
                answer.calls().stream()
                        .map(call -> new Answer.Call(call.name(), texts.redactJson(call.arguments())))
                        .toList());
    }

    private @Nullable String text(@Nullable String text) {
        return text == null ? null : string(text);
    }

    private String string(String text) {
        if (redaction == null) {
            return text;
        }
        Redacted texts = texts();
        return texts == null ? LEFT_OUT : texts.redact(text);
    }

    /** Null when the request cannot be redacted. */
    private synchronized @Nullable Redacted texts() {
        if (redacted == null && !impossible && redaction != null) {
            try {
                redacted = redaction.get();
            } catch (EgressRefusedException e) {
                impossible = true;
            }
        }
        return redacted;
    }
}
