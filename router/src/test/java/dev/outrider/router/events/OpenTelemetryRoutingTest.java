package dev.outrider.router.events;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision;
import dev.outrider.router.EscalationReason;
import dev.outrider.router.RefusalReason;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;

class OpenTelemetryRoutingTest {

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                    .build())
            .build();
    private final OpenTelemetryRouting spans = new OpenTelemetryRouting(telemetry);

    @AfterEach
    void close() {
        telemetry.close();
    }

    private void begin(String id) {
        spans.onQuery(new RoutingEvent.Query(id, Instant.EPOCH, "acme", "session-7", null, "desk"));
    }

    private SpanData span(String name) {
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no span " + name + " in " + exporter.getFinishedSpanItems()));
    }

    private static String text(SpanData span, String key) {
        return Objects.requireNonNull(span.getAttributes().get(AttributeKey.stringKey(key)), key);
    }

    private static long number(SpanData span, String key) {
        return Objects.requireNonNull(span.getAttributes().get(AttributeKey.longKey(key)), key);
    }

    @Test
    void a_query_is_one_span_in_the_callers_trace_with_a_child_for_every_model_that_was_asked() {
        Span caller = telemetry.getTracer("test").spanBuilder("caller").startSpan();
        try (Scope scope = caller.makeCurrent()) {
            begin("q-1");
        }
        Instant end = Instant.EPOCH.plusSeconds(2);
        DecisionRecord record = MicrometerRoutingTest.escalated();
        spans.onLocalAnswer(new RoutingEvent.LocalAnswer("q-1", Instant.EPOCH.plusMillis(1250), Objects.requireNonNull(record.local())));
        spans.onEscalation(new RoutingEvent.Escalation(
                "q-1", Instant.EPOCH.plusMillis(260), new Decision.Escalate(EscalationReason.LOW_CONFIDENCE, "unsure")));
        spans.onRemoteAttempt(new RoutingEvent.RemoteAttempt(
                "q-1", Instant.EPOCH.plusMillis(700), "big", "FAILED", "SERVER_ERROR", "answered 500", 0, 0, 0, 0.4));
        spans.onRemoteAttempt(new RoutingEvent.RemoteAttempt("q-1", end, "big", "ANSWERED", null, null, 1000, 100, 3500, 1));
        spans.onDecision(record);
        caller.end();

        SpanData query = span("chat outrider");
        assertThat(query.getTraceId()).isEqualTo(caller.getSpanContext().getTraceId());
        assertThat(query.getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
        assertThat(text(query, "gen_ai.operation.name")).isEqualTo("chat");
        assertThat(text(query, "gen_ai.response.model")).isEqualTo("big");
        assertThat(text(query, "gen_ai.conversation.id")).isEqualTo("session-7");
        assertThat(number(query, "gen_ai.usage.input_tokens")).isEqualTo(1040);
        assertThat(text(query, "outrider.decision")).isEqualTo("escalate:LOW_CONFIDENCE");
        assertThat(query.getEvents()).extracting(event -> event.getName()).containsExactly("outrider.escalation");
        assertThat(query.getEndEpochNanos()).isEqualTo(2_000_000_000L);

        SpanData slm = span("chat slm");
        assertThat(slm.getParentSpanId()).isEqualTo(query.getSpanId());
        assertThat(slm.getStartEpochNanos()).isEqualTo(1_000_000_000L);
        assertThat(slm.getEndEpochNanos()).isEqualTo(1_250_000_000L);
        assertThat(number(slm, "gen_ai.usage.output_tokens")).isEqualTo(3);

        List<SpanData> remote = exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals("chat big"))
                .toList();
        assertThat(remote).hasSize(2).allMatch(span -> span.getParentSpanId().equals(query.getSpanId()))
                .allMatch(span -> span.getKind() == SpanKind.CLIENT);
        assertThat(text(remote.getFirst(), "error.type")).isEqualTo("SERVER_ERROR");
        assertThat(remote.getFirst().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(remote.getLast(), "gen_ai.request.model")).isEqualTo("big");
        assertThat(remote.getLast().getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(spans.unended()).isEmpty();
    }

    @Test
    void a_refusal_is_an_error() {
        begin("q-1");
        spans.onDecision(MicrometerRoutingTest.record(new Decision.Refuse(RefusalReason.NO_REMOTE, "none is configured")).build());
        SpanData query = span("chat outrider");
        assertThat(query.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(query.getStatus().getDescription()).isEqualTo("none is configured");
        assertThat(text(query, "error.type")).isEqualTo("NO_REMOTE");
    }

    @Test
    void an_audit_that_comes_later_is_a_child_of_the_querys_span() {
        begin("q-1");
        spans.onDecision(MicrometerRoutingTest.record(new Decision.Accept(0.9))
                .audit(new DecisionRecord.Audit(0.1, true, null))
                .build());
        assertThat(spans.unended()).containsExactly("q-1");
        spans.onAudit(new AuditRecord(
                2, "q-1", Instant.EPOCH.plusSeconds(9), "desk", 0.1, true, "big", null, null, 10, 2, 5, 1));
        SpanData audit = span("audit big");
        assertThat(audit.getParentSpanId()).isEqualTo(span("chat outrider").getSpanId());
        assertThat(audit.getStartEpochNanos()).isEqualTo(8_000_000_000L);
        assertThat(audit.getAttributes().get(AttributeKey.booleanKey("outrider.audit.agreed"))).isTrue();
        assertThat(spans.unended()).isEmpty();
    }

    @Test
    void events_of_a_query_that_nobody_began_harm_nothing() {
        spans.onDecision(MicrometerRoutingTest.escalated());
        spans.onRemoteAttempt(new RoutingEvent.RemoteAttempt("other", Instant.EPOCH, "big", "ANSWERED", null, null, 1, 1, 1, 1));
        spans.onBudgetExhausted(new RoutingEvent.BudgetExhausted("other", Instant.EPOCH, "day", "nothing left"));
        assertThat(exporter.getFinishedSpanItems()).hasSize(1);
    }

    @Test
    void every_attribute_stands_in_the_reference() throws IOException {
        begin("q-1");
        DecisionRecord record = MicrometerRoutingTest.escalated();
        spans.onLocalAnswer(new RoutingEvent.LocalAnswer("q-1", Instant.EPOCH, new DecisionRecord.Local(
                "slm", null, null,
                new DecisionRecord.Evidence(0.9, 0.9, -0.1, -0.1, null, null, 3, 2, 0, 0.1, 0.1), null, 1, 1, 0.1)));
        spans.onBudgetExhausted(new RoutingEvent.BudgetExhausted("q-1", Instant.EPOCH, "day", "nothing left"));
        spans.onRemoteAttempt(new RoutingEvent.RemoteAttempt("q-1", Instant.EPOCH, "big", "FAILED", "TIMEOUT", "x", 1, 1, 1, 1));
        spans.onAudit(new AuditRecord(2, "q-1", Instant.EPOCH, "desk", 0.1, true, "big", null, null, 10, 2, 5, 1));
        begin("q-1");
        spans.onDecision(record);
        String root = System.getProperty("outrider.root");
        String page = Files.readString((root == null ? Path.of("..") : Path.of(root)).resolve("docs/observability.md"));
        for (SpanData span : exporter.getFinishedSpanItems()) {
            span.getAttributes().forEach((key, value) -> assertThat(page).contains("`" + key.getKey() + "`"));
            span.getEvents().forEach(event -> assertThat(page).contains("`" + event.getName() + "`"));
        }
    }
}
