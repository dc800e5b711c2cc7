package dev.outrider.router;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.output.FinishReason;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.outrider.router.remote.RemoteException;
import dev.outrider.router.remote.RemoteModels;

/** The stream of an LLM behind a real HTTP server that misbehaves on demand. */
class StreamingOverHttpTest extends CascadeFixture {

    private static final String PATH = "/v1/chat/completions";
    private static final String KEY = "sk-very-secret-123";
    private static final String USAGE =
            "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"big-1\",\"choices\":[],"
                    + "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}}\n\n";

    @RegisterExtension
    static final WireMockExtension SERVER =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    private CascadeChatModel cascade(String url) {
        return cascade(ScriptedSlm.answering(ScriptedSlm.text("a rejected draft", 0.1)))
                .policy(policy("first-wait: 500ms", "first-wait: 1ms"))
                .remote(RemoteModels.openAiCompatible(url, KEY, "big-1", Duration.ofSeconds(60)))
                .build();
    }

    private Told ask() {
        Told told = new Told();
        CascadeStreamingChatModel.of(cascade(SERVER.baseUrl() + "/v1")).chat(shop.request("Where is it?"), told);
        return told.awaited();
    }

    private static ResponseDefinitionBuilder events(String... events) {
        return aResponse()
                .withHeader("Content-Type", "text/event-stream")
                .withBody(String.join("", events));
    }

    private static String end(String finish) {
        return DrippingServer.event("{}", "\"" + finish + "\"") + USAGE + "data: [DONE]\n\n";
    }

    private void refusedAs(Told told, RemoteException.Kind kind) {
        assertThat(told.response()).isNull();
        assertThat(told.calls()).isEmpty();
        assertThat(told.error()).isInstanceOf(RefusedException.class);
        assertThat(told.refused().getMessage()).doesNotContain("\n").doesNotContain(KEY);
        assertThat(told.fault().kind()).isEqualTo(kind);
        assertThat(onlyRecord().decision()).isEqualTo(told.refused().decision());
    }

    @Test
    void text_and_usage_come_through() {
        SERVER.stubFor(post(PATH).withRequestBody(matchingJsonPath("$.stream")).willReturn(events(
                DrippingServer.word("It left"), DrippingServer.word(" today."), end("stop"))));
        Told told = ask();
        assertThat(told.error()).isNull();
        assertThat(told.text()).isEqualTo("It left today.");
        ChatResponse response = Objects.requireNonNull(told.response());
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(remote(onlyRecord()).inputTokens()).isEqualTo(11);
        assertThat(remote(onlyRecord()).estimated()).isFalse();
    }

    @Test
    void a_call_in_fragments_leaves_complete() {
        String id = "{\"tool_calls\":[{\"index\":0,\"id\":\"call_9\",\"type\":\"function\",\"function\":{\"name\":\"get_order\",\"arguments\":\"\"}}]}";
        String one = "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"order_id\\\":\"}}]}";
        String two = "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"ORD-1\\\"}\"}}]}";
        SERVER.stubFor(post(PATH).willReturn(events(
                DrippingServer.event(id, "null"), DrippingServer.event(one, "null"), DrippingServer.event(two, "null"),
                end("tool_calls"))));
        Told told = ask();
        assertThat(told.error()).isNull();
        assertThat(told.calls()).singleElement().satisfies(call -> {
            assertThat(call.toolExecutionRequest().name()).isEqualTo("get_order");
            assertThat(call.toolExecutionRequest().arguments()).isEqualTo("{\"order_id\":\"ORD-1\"}");
        });
    }

    @Test
    void half_a_body_ends_in_one_error_with_what_came_charged() {
        SERVER.stubFor(post(PATH).willReturn(events(
                DrippingServer.word("It left"), DrippingServer.word(" today, "), "data: {\"id\":\"c1\",\"cho")));
        Told told = ask();
        assertThat(told.text()).isEqualTo("It left today, ");
        refusedAs(told, RemoteException.Kind.BROKEN_OFF);
        SERVER.verify(1, postRequestedFor(urlEqualTo(PATH)));
        assertThat(onlyRecord().cost().remoteMicroUsd()).isPositive();
    }

    @Test
    void a_connection_that_breaks_in_the_middle_ends_in_one_error_with_what_came_charged() {
        try (DrippingServer server = new DrippingServer(true, 20)) {
            Told told = new Told();
            CascadeStreamingChatModel.of(cascade(server.url())).chat(shop.request("Where is it?"), told);
            told.awaited();
            assertThat(told.text()).startsWith("word and ");
            refusedAs(told, RemoteException.Kind.BROKEN_OFF);
            assertThat(server.asked.availablePermits()).as("requests").isEqualTo(1);
            assertThat(onlyRecord().cost().remoteMicroUsd()).isPositive();
        }
    }

    @Test
    void a_connection_that_breaks_before_the_first_token_is_tried_again() {
        SERVER.stubFor(post(PATH).inScenario("reset").whenScenarioStateIs(Scenario.STARTED)
                .willReturn(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER)).willSetStateTo("up"));
        SERVER.stubFor(post(PATH).inScenario("reset").whenScenarioStateIs("up")
                .willReturn(events(DrippingServer.word("Here it is."), end("stop"))));
        Told told = ask();
        assertThat(told.error()).isNull();
        assertThat(told.text()).isEqualTo("Here it is.");
    }

    @Test
    void too_many_requests_are_waited_out_as_the_server_asks() {
        SERVER.stubFor(post(PATH).inScenario("busy").whenScenarioStateIs(Scenario.STARTED)
                .willReturn(aResponse().withStatus(429).withHeader("Retry-After", "0").withBody("slow down " + KEY))
                .willSetStateTo("free"));
        SERVER.stubFor(post(PATH).inScenario("busy").whenScenarioStateIs("free")
                .willReturn(events(DrippingServer.word("Here it is."), end("stop"))));
        Told told = ask();
        assertThat(told.error()).isNull();
        SERVER.verify(2, postRequestedFor(urlEqualTo(PATH)));
    }

    @Test
    void an_event_that_is_not_json_is_garbage() {
        SERVER.stubFor(post(PATH).willReturn(events("data: nonsense\n\n", end("stop"))));
        refusedAs(ask(), RemoteException.Kind.GARBAGE);
    }

    enum Point {
        IN_THE_SLM,
        BEFORE_THE_ANSWER,
        IN_THE_ANSWER
    }

    @ParameterizedTest
    @EnumSource(Point.class)
    void cancelling_stops_the_slm_hangs_up_and_gives_the_lease_back(Point point) throws InterruptedException {
        long seed = new Random().nextLong();
        System.out.println("StreamingOverHttpTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 5; round++) {
            CountDownLatch slmBegun = new CountDownLatch(1);
            CountDownLatch slmStopped = new CountDownLatch(1);
            CountDownLatch written = new CountDownLatch(1);
            ScriptedSlm slm = ScriptedSlm.doing(request -> {
                slmBegun.countDown();
                while (point == Point.IN_THE_SLM && !Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
                if (Thread.currentThread().isInterrupted()) {
                    slmStopped.countDown();
                    throw new CancellationException("stopped");
                }
                return ScriptedSlm.text("a rejected draft", 0.1);
            });
            try (DrippingServer server = new DrippingServer(point == Point.IN_THE_ANSWER, -1)) {
                CascadeChatModel cascade = cascade(slm)
                        .ledger(record -> {
                            ledger.append(record);
                            written.countDown();
                        })
                        .remote(RemoteModels.openAiCompatible(server.url(), KEY, "big-1", Duration.ofSeconds(60)))
                        .build();
                int pieces = 1 + random.nextInt(5);
                CountDownLatch seen = new CountDownLatch(pieces);
                Told told = new Told((t, event) -> seen.countDown());
                StreamingHandle handle = CascadeStreamingChatModel.of(cascade)
                        .start(shop.request("Go."), ChatRequestOptions.EMPTY, told);
                switch (point) {
                    case IN_THE_SLM -> assertThat(slmBegun.await(30, TimeUnit.SECONDS)).isTrue();
                    case BEFORE_THE_ANSWER -> assertThat(server.asked.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
                    case IN_THE_ANSWER -> assertThat(seen.await(30, TimeUnit.SECONDS)).isTrue();
                }
                handle.cancel();

                assertThat(written.await(30, TimeUnit.SECONDS)).as("a record").isTrue();
                if (point == Point.IN_THE_SLM) {
                    assertThat(slmStopped.await(30, TimeUnit.SECONDS)).as("the SLM stopped").isTrue();
                } else {
                    assertThat(server.sawHangUp()).as("the connection was closed").isTrue();
                }
                assertThat(ledger.records().getLast().decision().label()).isEqualTo("refuse:CANCELLED");
                assertThat(told.response()).isNull();
                assertThat(told.error()).isNull();
                while (cascade.budgets(CascadeAttributes.NONE).getFirst().leased() != 0) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Point.class, names = "IN_THE_ANSWER", mode = EnumSource.Mode.EXCLUDE)
    void interrupting_a_caller_who_waits_for_the_whole_answer_does_the_same(Point point) throws InterruptedException {
        CountDownLatch slmBegun = new CountDownLatch(1);
        ScriptedSlm slm = ScriptedSlm.doing(request -> {
            slmBegun.countDown();
            while (point == Point.IN_THE_SLM && !Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new CancellationException("stopped");
            }
            return ScriptedSlm.text("a rejected draft", 0.1);
        });
        try (DrippingServer server = new DrippingServer(false, -1)) {
            CascadeChatModel cascade = cascade(slm)
                    .remote(RemoteModels.openAiCompatible(server.url(), KEY, "big-1", Duration.ofSeconds(60)))
                    .build();
            Thread caller = Thread.startVirtualThread(() -> {
                try {
                    cascade.chat(shop.request("Go."));
                } catch (RefusedException e) {
                    // its record is looked at below
                }
            });
            if (point == Point.IN_THE_SLM) {
                assertThat(slmBegun.await(30, TimeUnit.SECONDS)).isTrue();
            } else {
                assertThat(server.asked.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
            }
            caller.interrupt();
            caller.join();
            assertThat(point == Point.IN_THE_SLM || server.sawHangUp()).as("the connection was closed").isTrue();
            assertThat(onlyRecord().decision().label()).isEqualTo("refuse:CANCELLED");
            assertThat(cascade.budgets(CascadeAttributes.NONE).getFirst().leased()).isZero();
        }
    }
}
