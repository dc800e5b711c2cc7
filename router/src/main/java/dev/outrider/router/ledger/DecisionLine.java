package dev.outrider.router.ledger;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;

/**
 * Writes a {@link DecisionRecord} field by field, in the form that Jackson would give it by reflection. Every query writes one before
 * its answer leaves, so it must be quick from the first one on: reflection over some seventy fields is slow until it is compiled.
 */
final class DecisionLine {

    private final JsonGenerator json;

    private DecisionLine(JsonGenerator json) {
        this.json = json;
    }

    /** Writes the record as one JSON object. Absent values are left out. */
    static void write(JsonGenerator json, String kindKey, String kind, DecisionRecord r) throws IOException {
        json.writeStartObject();
        json.writeStringField(kindKey, kind);
        new DecisionLine(json).fields(r);
        json.writeEndObject();
    }

    private void fields(DecisionRecord r) throws IOException {
        json.writeNumberField("schema", r.schema());
        text("id", r.id());
        text("at", r.at().toString());
        text("tenant", r.tenant());
        text("session", r.session());
        text("subtask", r.subtask());
        text("query", r.query());
        text("label", r.label());
        text("workload", r.workload());
        name("mode", r.mode());
        decision("decision", r.decision());
        decision("wouldHave", r.wouldHave());
        decision("escalation", r.escalation());
        text("rule", r.rule());
        name("effect", r.effect());
        number("threshold", r.threshold());
        calibrated(r.calibration());
        audit(r.audit());
        local(r.local());
        remote(r.remote());
        DecisionRecord.Cost cost = r.cost();
        json.writeObjectFieldStart("cost");
        json.writeNumberField("localMicroUsd", cost.localMicroUsd());
        json.writeNumberField("failedLocalMicroUsd", cost.failedLocalMicroUsd());
        json.writeNumberField("remoteMicroUsd", cost.remoteMicroUsd());
        json.writeEndObject();
        prices(r.prices());
        leases(r.leases());
        number("redactions", r.redactions());
        if (r.heldMillis() != null) {
            json.writeNumberField("heldMillis", r.heldMillis());
        }
        times(r.times());
        text("policy", r.policy());
    }

    private void decision(String key, @Nullable Decision decision) throws IOException {
        if (decision == null) {
            return;
        }
        json.writeObjectFieldStart(key);
        switch (decision) {
            case Decision.Accept accept -> {
                text("is", "accept");
                json.writeNumberField("confidence", accept.confidence());
                name("basis", accept.basis());
            }
            case Decision.Escalate escalate -> {
                text("is", "escalate");
                name("reason", escalate.reason());
                text("detail", escalate.detail());
            }
            case Decision.Refuse refuse -> {
                text("is", "refuse");
                name("reason", refuse.reason());
                text("detail", refuse.detail());
            }
        }
        json.writeEndObject();
    }

    private void calibrated(DecisionRecord.@Nullable Calibrated c) throws IOException {
        if (c != null) {
            json.writeObjectFieldStart("calibration");
            text("version", c.version());
            number("probability", c.probability());
            text("riskKind", c.riskKind());
            number("targetRisk", c.targetRisk());
            number("riskBound", c.riskBound());
            number("n", c.n());
            json.writeEndObject();
        }
    }

    private void audit(DecisionRecord.@Nullable Audit a) throws IOException {
        if (a != null) {
            json.writeObjectFieldStart("audit");
            json.writeNumberField("propensity", a.propensity());
            json.writeBooleanField("drawn", a.drawn());
            if (a.agreed() != null) {
                json.writeBooleanField("agreed", a.agreed());
            }
            json.writeEndObject();
        }
    }

    private void local(DecisionRecord.@Nullable Local l) throws IOException {
        if (l != null) {
            json.writeObjectFieldStart("local");
            text("model", l.model());
            text("version", l.version());
            answer(l.answer());
            evidence(l.evidence());
            text("error", l.error());
            json.writeNumberField("inputTokens", l.inputTokens());
            json.writeNumberField("outputTokens", l.outputTokens());
            json.writeNumberField("seconds", l.seconds());
            json.writeEndObject();
        }
    }

    private void evidence(DecisionRecord.@Nullable Evidence e) throws IOException {
        if (e != null) {
            json.writeObjectFieldStart("evidence");
            number("smallestDecisionProbability", e.smallestDecisionProbability());
            number("smallestDecisionMargin", e.smallestDecisionMargin());
            number("meanDecisionLogProbability", e.meanDecisionLogProbability());
            number("sumLogProbability", e.sumLogProbability());
            number("toolNameProbability", e.toolNameProbability());
            number("maskedMass", e.maskedMass());
            json.writeNumberField("tokens", e.tokens());
            json.writeNumberField("decisionTokens", e.decisionTokens());
            json.writeNumberField("thinkingTokens", e.thinkingTokens());
            json.writeNumberField("prefillSeconds", e.prefillSeconds());
            json.writeNumberField("decodeSeconds", e.decodeSeconds());
            json.writeEndObject();
        }
    }

    private void remote(DecisionRecord.@Nullable Remote r) throws IOException {
        if (r == null) {
            return;
        }
        json.writeObjectFieldStart("remote");
        text("model", r.model());
        answer(r.answer());
        text("error", r.error());
        json.writeNumberField("calls", r.calls());
        json.writeNumberField("attempts", r.attempts());
        List<DecisionRecord.Tried> tried = r.tried();
        if (tried != null) {
            json.writeArrayFieldStart("tried");
            for (DecisionRecord.Tried t : tried) {
                json.writeStartObject();
                text("model", t.model());
                json.writeNumberField("attempts", t.attempts());
                text("error", t.error());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        json.writeNumberField("inputTokens", r.inputTokens());
        json.writeNumberField("outputTokens", r.outputTokens());
        json.writeBooleanField("estimated", r.estimated());
        json.writeNumberField("leasedMicroUsd", r.leasedMicroUsd());
        json.writeNumberField("overdraftMicroUsd", r.overdraftMicroUsd());
        json.writeNumberField("seconds", r.seconds());
        json.writeEndObject();
    }

    private void answer(@Nullable Answer a) throws IOException {
        if (a == null) {
            return;
        }
        json.writeObjectFieldStart("answer");
        text("text", a.text());
        json.writeArrayFieldStart("calls");
        for (Answer.Call call : a.calls()) {
            json.writeStartObject();
            text("name", call.name());
            text("arguments", call.arguments());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void prices(DecisionRecord.@Nullable Prices p) throws IOException {
        if (p != null) {
            json.writeObjectFieldStart("prices");
            price("localPerHour", p.localPerHour());
            price("remotePerMillionInputTokens", p.remotePerMillionInputTokens());
            price("remotePerMillionOutputTokens", p.remotePerMillionOutputTokens());
            json.writeEndObject();
        }
    }

    private void leases(List<DecisionRecord.Lease> leases) throws IOException {
        json.writeArrayFieldStart("leases");
        for (DecisionRecord.Lease lease : leases) {
            json.writeStartObject();
            text("purpose", lease.purpose());
            spend("leased", lease.leased());
            spend("charged", lease.charged());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void spend(String key, DecisionRecord.Spend s) throws IOException {
        json.writeObjectFieldStart(key);
        json.writeNumberField("microUsd", s.microUsd());
        json.writeNumberField("tokens", s.tokens());
        json.writeNumberField("thinkingTokens", s.thinkingTokens());
        json.writeNumberField("millis", s.millis());
        json.writeNumberField("gpuMillis", s.gpuMillis());
        json.writeEndObject();
    }

    private void times(DecisionRecord.@Nullable Times t) throws IOException {
        if (t != null) {
            json.writeObjectFieldStart("times");
            text("ended", t.ended().toString());
            json.writeNumberField("seconds", t.seconds());
            json.writeNumberField("decisionSeconds", t.decisionSeconds());
            json.writeNumberField("queuedSeconds", t.queuedSeconds());
            json.writeEndObject();
        }
    }

    private void text(String key, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(key, value);
        }
    }

    private void name(String key, @Nullable Enum<?> value) throws IOException {
        if (value != null) {
            json.writeStringField(key, value.name());
        }
    }

    private void number(String key, @Nullable Double value) throws IOException {
        if (value != null) {
            json.writeNumberField(key, value.doubleValue());
        }
    }

    private void number(String key, @Nullable Integer value) throws IOException {
        if (value != null) {
            json.writeNumberField(key, value.intValue());
        }
    }

    private void price(String key, @Nullable BigDecimal value) throws IOException {
        if (value != null) {
            json.writeNumberField(key, value);
        }
    }
}
