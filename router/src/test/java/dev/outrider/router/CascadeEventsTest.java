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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.events.MicrometerRouting;
import dev.outrider.router.events.OpenTelemetryRouting;
import dev.outrider.router.events.RoutingEvent;
import dev.outrider.router.events.RoutingListener;
import dev.outrider.router.policy.Policies;
import dev.outrider.router.policy.ReloadingPolicy;

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
    void a_changed_policy_is_told_and_a_bad_one_too_which_changes_nothing(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("policy.yaml"), Policies.changedText("default-2", "v1"));
        List<RoutingEvent.PolicyReloaded> told = new CopyOnWriteArrayList<>();
        try (ReloadingPolicy policy = ReloadingPolicy.watch(file);
                CascadeChatModel model = cascade(ScriptedSlm.answering(ScriptedSlm.text("sure", 0.99)))
                        .policy(policy)
                        .routing(List.of(new RoutingListener() {
                            @Override
                            public void onPolicyReloaded(RoutingEvent.PolicyReloaded reloaded) {
                                told.add(reloaded);
                            }
                        }))
                        .build()) {
            model.chat(shop.request("Go."));
            assertThat(told).isEmpty();

            put(file, Policies.changedText("usd-per-hour", "usd-per-our"));
            await(() -> policy.fault().isPresent());
            model.chat(shop.request("Go."));
            model.chat(shop.request("Go."));
            assertThat(told).as("once, not with every query").hasSize(1);
            assertThat(told.getFirst().before()).isEqualTo("v1");
            assertThat(told.getFirst().after()).isEqualTo("v1");
            assertThat(told.getFirst().error()).contains("policy.yaml:", "unknown key models.local.usd-per-our").doesNotContain("\n");
            assertThat(ledger.records().getLast().policy()).isEqualTo("v1");

            put(file, Policies.changedText("default-2", "v2"));
            await(() -> policy.fault().isEmpty());
            model.chat(shop.request("Go."));
            assertThat(told).hasSize(2);
            assertThat(told.getLast().after()).isEqualTo("v2");
            assertThat(told.getLast().error()).isNull();
            assertThat(ledger.records().getLast().policy()).isEqualTo("v2");
        }
    }

    private static void put(Path file, String text) throws IOException {
        Path next = Files.writeString(file.resolveSibling("next.yaml"), text);
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
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
