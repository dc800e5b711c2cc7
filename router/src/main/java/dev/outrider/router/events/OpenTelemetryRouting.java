package dev.outrider.router.events;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * Spans of a cascade for OpenTelemetry, with the attributes of the semantic conventions for generative AI: one span per
 * query, in the caller's trace, and in it one for the SLM, one for every request to an LLM and one for the audit. {@code
 * docs/observability.md} lists the names. Needs {@code io.opentelemetry:opentelemetry-api} on the class path, which the
 * router does not bring. No text of a conversation is in a span.
 */
public final class OpenTelemetryRouting implements RoutingListener {

    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("gen_ai.provider.name");
    private static final AttributeKey<String> REQUEST_MODEL = AttributeKey.stringKey("gen_ai.request.model");
    private static final AttributeKey<String> RESPONSE_MODEL = AttributeKey.stringKey("gen_ai.response.model");
    private static final AttributeKey<Long> INPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.output_tokens");
    private static final AttributeKey<String> CONVERSATION = AttributeKey.stringKey("gen_ai.conversation.id");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    private static final String CHAT = "chat";

    /** The protocol that LLMs are spoken to in, whoever they are. */
    private static final String OPENAI = "openai";

    /** Queries whose audit may still come: their spans' contexts, the oldest forgotten first. */
    private static final int REMEMBERED = 10_000;

    private final Tracer tracer;
    private final Map<String, Open> open = Collections.synchronizedMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Open> eldest) {
            return size() > REMEMBERED;
        }
    });

    /** A query's span, and the context for its children. */
    private record Open(Span span, Context context) {}

    public OpenTelemetryRouting(OpenTelemetry telemetry) {
        this.tracer = telemetry.getTracer("dev.outrider.router");
    }

    @Override
    public void onQuery(RoutingEvent.Query query) {
        SpanBuilder builder = tracer.spanBuilder(CHAT + " outrider")
                .setSpanKind(SpanKind.INTERNAL)
                .setStartTimestamp(query.at())
                .setAttribute(OPERATION, CHAT)
                .setAttribute(PROVIDER, "outrider")
                .setAttribute("outrider.query.id", query.id());
        put(builder, CONVERSATION, query.session());
        put(builder, AttributeKey.stringKey("outrider.tenant"), query.tenant());
        put(builder, AttributeKey.stringKey("outrider.subtask"), query.subtask());
        Span span = builder.startSpan();
        open.put(query.id(), new Open(span, Context.current().with(span)));
    }

    @Override
    public void onLocalAnswer(RoutingEvent.LocalAnswer answer) {
        DecisionRecord.Local local = answer.local();
        Span span = child(answer.id(), CHAT, "outrider.slm", local.model(), answer.at(), local.seconds());
        usage(span, local.inputTokens(), local.outputTokens());
        span.setAttribute(RESPONSE_MODEL, local.model());
        DecisionRecord.Evidence evidence = local.evidence();
        if (evidence != null && evidence.smallestDecisionProbability() != null) {
            span.setAttribute("outrider.evidence.smallest_decision_probability", evidence.smallestDecisionProbability());
        }
        end(span, answer.at(), local.error() == null ? null : "local_failed", local.error());
    }

    @Override
    public void onEscalation(RoutingEvent.Escalation escalation) {
        Open query = open.get(escalation.id());
        if (query != null) {
            query.span().addEvent(
                    "outrider.escalation",
                    io.opentelemetry.api.common.Attributes.of(
                            AttributeKey.stringKey("outrider.reason"), escalation.why().reason().name()),
                    escalation.at());
        }
    }

    @Override
    public void onRemoteAttempt(RoutingEvent.RemoteAttempt attempt) {
        Span span = child(attempt.id(), CHAT, OPENAI, attempt.model(), attempt.at(), attempt.seconds());
        usage(span, attempt.inputTokens(), attempt.outputTokens());
        span.setAttribute("outrider.outcome", attempt.outcome());
        span.setAttribute("outrider.cost.micro_usd", attempt.microUsd());
        end(span, attempt.at(), attempt.fault(), attempt.detail());
    }

    @Override
    public void onBudgetExhausted(RoutingEvent.BudgetExhausted exhausted) {
        Open query = open.get(exhausted.id());
        if (query != null) {
            query.span().addEvent(
                    "outrider.budget_exhausted",
                    io.opentelemetry.api.common.Attributes.of(
                            AttributeKey.stringKey("outrider.budget"), exhausted.budget()),
                    exhausted.at());
        }
    }

    @Override
    public void onDecision(DecisionRecord record) {
        boolean auditFollows = record.audit() != null && record.audit().drawn();
        Open query = auditFollows ? open.get(record.id()) : open.remove(record.id());
        if (query == null) {
            return;
        }
        Span span = query.span();
        span.setAttribute("outrider.decision", record.decision().label());
        span.setAttribute("outrider.policy.version", record.policy());
        span.setAttribute("outrider.cost.micro_usd", record.cost().totalMicroUsd());
        if (record.workload() != null) {
            span.setAttribute("outrider.workload", record.workload());
        }
        DecisionRecord.Local local = record.local();
        DecisionRecord.Remote remote = record.remote();
        usage(
                span,
                (local == null ? 0 : local.inputTokens()) + (remote == null ? 0 : remote.inputTokens()),
                (local == null ? 0 : local.outputTokens()) + (remote == null ? 0 : remote.outputTokens()));
        switch (record.decision()) {
            case Decision.Accept accept -> answeredBy(span, local == null ? null : local.model());
            case Decision.Escalate escalate -> answeredBy(span, remote == null ? null : remote.model());
            case Decision.Refuse refuse -> {
                span.setAttribute(ERROR_TYPE, refuse.reason().name());
                span.setStatus(StatusCode.ERROR, refuse.detail());
            }
        }
        DecisionRecord.Times times = record.times();
        if (times == null) {
            span.end();
        } else {
            span.end(times.ended());
        }
    }

    @Override
    public void onAudit(AuditRecord audit) {
        Span span = child(audit.id(), "audit", "outrider", audit.model(), audit.at(), audit.seconds());
        open.remove(audit.id());
        usage(span, audit.inputTokens(), audit.outputTokens());
        span.setAttribute("outrider.audit.propensity", audit.propensity());
        if (audit.agreed() != null) {
            span.setAttribute("outrider.audit.agreed", audit.agreed());
        }
        end(span, audit.at(), audit.error() == null ? null : "audit_failed", audit.error());
    }

    /** A child of the query's span, told when it has ended; a span of its own when the query is not known. */
    private Span child(String query, String name, String provider, String model, Instant ended, double seconds) {
        Open parent = open.get(query);
        SpanBuilder builder = tracer.spanBuilder(name + " " + model)
                .setSpanKind(provider.equals(OPENAI) ? SpanKind.CLIENT : SpanKind.INTERNAL)
                .setStartTimestamp(ended.minusNanos(Math.round(seconds * 1e9)))
                .setAttribute(OPERATION, CHAT)
                .setAttribute(PROVIDER, provider)
                .setAttribute(REQUEST_MODEL, model)
                .setAttribute("outrider.query.id", query);
        if (parent != null) {
            builder.setParent(parent.context());
        }
        return builder.startSpan();
    }

    private static void usage(Span span, long input, long output) {
        span.setAttribute(INPUT_TOKENS, input);
        span.setAttribute(OUTPUT_TOKENS, output);
    }

    private static void answeredBy(Span span, @Nullable String model) {
        if (model != null) {
            span.setAttribute(RESPONSE_MODEL, model);
        }
    }

    private static void end(Span span, Instant at, @Nullable String error, @Nullable String detail) {
        if (error != null) {
            span.setAttribute(ERROR_TYPE, error);
            span.setStatus(StatusCode.ERROR, detail == null ? error : detail);
        }
        span.end(at);
    }

    private static void put(SpanBuilder builder, AttributeKey<String> key, @Nullable String value) {
        if (value != null) {
            builder.setAttribute(key, value);
        }
    }

    /** Ids of the queries that have begun and not ended, or whose audit has not. */
    List<String> unended() {
        synchronized (open) {
            return List.copyOf(open.keySet());
        }
    }
}
