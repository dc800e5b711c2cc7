package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.events.MicrometerRouting;
import dev.outrider.router.events.OpenTelemetryRouting;
import dev.outrider.router.events.RoutingEvent;
import dev.outrider.router.events.RoutingListener;

/** What a real cascade tells its listeners. */
class CascadeEventsTest extends CascadeFixture {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_query_is_a_span_in_the_callers_trace_streamed_or_not(boolean streamed) {
        InMemorySpanExporter exporter = InMemorySpanExporter.create();
        OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .build();
        CascadeChatModel model = cascade(ScriptedSlm.answering(ScriptedSlm.text("unsure", 0.1)))
                .routing(List.of(new OpenTelemetryRouting(telemetry)))
                .build();
        Span caller = telemetry.getTracer("test").spanBuilder("caller").startSpan();
        try (Scope scope = caller.makeCurrent()) {
            if (streamed) {
                Told told = new Told();
                CascadeStreamingChatModel.of(model).chat(shop.request("Go."), told);
                told.awaited();
            } else {
                model.chat(shop.request("Go."));
            }
        }
        caller.end();

        List<SpanData> spans = exporter.getFinishedSpanItems();
        assertThat(spans).hasSize(4).allMatch(span -> span.getTraceId().equals(caller.getSpanContext().getTraceId()));
        SpanData query = spans.stream()
                .filter(span -> span.getName().equals("chat outrider"))
                .findFirst()
                .orElseThrow();
        assertThat(query.getParentSpanId()).isEqualTo(caller.getSpanContext().getSpanId());
        assertThat(spans.stream().filter(span -> span.getParentSpanId().equals(query.getSpanId())))
                .as("the SLM and the LLM")
                .hasSize(2);
        telemetry.close();
    }

    @Test
    void meters_count_what_the_ledger_holds() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        CascadeChatModel model = cascade(ScriptedSlm.answering(ScriptedSlm.text("sure", 0.99)))
                .routing(List.of(new MicrometerRouting(registry)))
                .build();
        model.chat(shop.request("Go."));
        model.chat(shop.request("Go."));
        assertThat(registry.get("outrider.queries").tag("decision", "accept").counter().count())
                .isEqualTo(ledger.records().size());
        assertThat(registry.get("outrider.replaced.share").gauge().value()).isEqualTo(1);
        assertThat(registry.get("outrider.decision").timer().count()).isEqualTo(2);
    }

    @Test
    void a_listener_that_throws_breaks_no_query() {
        CascadeChatModel model = cascade(ScriptedSlm.answering(ScriptedSlm.text("sure", 0.99)))
                .routing(List.of(new RoutingListener() {
                    @Override
                    public void onQuery(RoutingEvent.Query query) {
                        throw new IllegalStateException("a listener's own fault");
                    }
                }))
                .build();
        assertThat(model.chat(shop.request("Go.")).aiMessage().text()).isEqualTo("sure");
    }
}
