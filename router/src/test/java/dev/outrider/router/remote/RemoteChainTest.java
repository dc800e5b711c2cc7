package dev.outrider.router.remote;

import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static dev.outrider.router.remote.Completions.PATH;
import static dev.outrider.router.remote.Completions.completion;
import static dev.outrider.router.remote.Completions.json;
import static dev.outrider.router.remote.Completions.said;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import dev.outrider.router.remote.RemoteCall.Outcome;
import dev.outrider.router.remote.RemoteException.Kind;

/** A chain of two LLMs behind real HTTP servers that misbehave on demand: {@code big}, then {@code small}. */
class RemoteChainTest {

    private static final ChatRequest HELLO =
            ChatRequest.builder().messages(UserMessage.from("Hello?")).build();

    /** 11 prompt tokens and 7 of the answer at 5 and 20 dollars a million. */
    private static final long BIG_ANSWER = 11 * 5 + 7 * 20;

    /** The same at 1 and 2 dollars. */
    private static final long SMALL_ANSWER = 11 + 7 * 2;

    @RegisterExtension
    static final WireMockExtension BIG =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    @RegisterExtension
    static final WireMockExtension SMALL =
            WireMockExtension.newInstance().options(options().dynamicPort()).build();

    private final SettableClock clock = new SettableClock();

    private static RemoteModelSettings priced(String name) {
        return name.equals("big")
                ? RemoteModelSettings.priced(name, new BigDecimal("5"), new BigDecimal("20"), 100)
                : RemoteModelSettings.priced(name, new BigDecimal("1"), new BigDecimal("2"), 100);
    }

    private RemoteModel model(String name, String url, ResilienceSettings patience) {
        ChatModel endpoint = RemoteModels.openAiCompatible(url, null, name + "-1", patience.timeout());
        return new RemoteModel(priced(name), endpoint, patience, clock);
    }

    private RemoteChain chain(Patience patience) {
        ResilienceSettings settings = patience.build();
        return RemoteChain.of(
                List.of(model("big", BIG.baseUrl() + "/v1", settings), model("small", SMALL.baseUrl() + "/v1", settings)),
                settings);
    }

    private static RemoteChain chain(Patience patience, ChatModel model) {
        return RemoteChain.of(priced("big"), model, patience.build());
    }

    private static RemoteReply ask(RemoteChain chain) {
        return chain.ask(HELLO, ChatRequestOptions.EMPTY);
    }

    private static RemoteException failure(RemoteChain chain) {
        RemoteException e = catchThrowableOfType(RemoteException.class, () -> ask(chain));
        assertThat(e.getMessage()).doesNotContain("\n");
        return e;
    }

    private static void serve(WireMockExtension server, ResponseDefinitionBuilder response) {
        server.stubFor(post(PATH).willReturn(response));
    }

    private static void serveOnceThen(
            WireMockExtension server, ResponseDefinitionBuilder first, ResponseDefinitionBuilder then) {
        server.stubFor(post(PATH)
                .inScenario("s")
                .whenScenarioStateIs(Scenario.STARTED)
                .willReturn(first)
                .willSetStateTo("later"));
        server.stubFor(post(PATH).inScenario("s").whenScenarioStateIs("later").willReturn(then));
    }

    private static void requests(WireMockExtension server, int count) {
        server.verify(count, postRequestedFor(urlEqualTo(PATH)));
    }

    @Test
    void the_first_model_answers_at_its_own_prices() {
        serve(BIG, json(200, said("Hi.")));
        RemoteReply reply = ask(chain(new Patience()));
        assertThat(reply.model()).isEqualTo("big");
        assertThat(reply.response().aiMessage().text()).isEqualTo("Hi.");
        assertThat(reply.bill().microUsd()).isEqualTo(BIG_ANSWER);
        assertThat(reply.bill().calls()).singleElement().satisfies(call -> {
            assertThat(call.outcome()).isEqualTo(Outcome.ANSWERED);
            assertThat(call.estimated()).isFalse();
        });
        requests(SMALL, 0);
        BIG.verify(postRequestedFor(urlEqualTo(PATH))
                .withRequestBody(matchingJsonPath("$.model", equalTo("big-1")))
                .withRequestBody(matchingJsonPath("$.max_tokens", equalTo("100"))));
    }

    @Test
    void when_the_first_model_fails_the_second_answers_and_what_was_tried_is_told() {
        serve(BIG, json(500, "down"));
        serve(SMALL, json(200, said("Here.")));
        RemoteReply reply = ask(chain(new Patience()));
        assertThat(reply.model()).isEqualTo("small");
        assertThat(reply.bill().requests()).isEqualTo(3);
        assertThat(reply.bill().failures()).containsExactly("big answered 500: down (2 times)");
        assertThat(reply.bill().microUsd()).isEqualTo(SMALL_ANSWER);
    }

    @Test
    void a_failed_attempt_that_may_be_billed_is_charged_at_the_rate_of_the_model_that_got_it() {
        BIG.stubFor(post(PATH).willReturn(json(200, said("")).withFault(Fault.CONNECTION_RESET_BY_PEER)));
        serve(SMALL, json(200, said("Here.")));
        RemoteReply reply = ask(chain(new Patience()));
        RemotePrice big = new RemotePrice(priced("big"));
        long lost = big.cost(big.promptTokens(HELLO), 0);
        assertThat(reply.bill().calls()).extracting(RemoteCall::microUsd).containsExactly(lost, lost, SMALL_ANSWER);
        assertThat(reply.bill().calls().getFirst().estimated()).isTrue();
        assertThat(reply.bill().estimated()).isTrue();
    }

    @Test
    void when_all_fail_the_message_names_them_all_and_the_bill_stands() {
        serve(BIG, json(503, "busy"));
        serve(SMALL, json(200, "<html>"));
        RemoteException e = failure(chain(new Patience()));
        assertThat(e).hasMessageStartingWith("no LLM answered: big answered 503: busy (2 times), small answered ");
        assertThat(e.kind()).isEqualTo(Kind.GARBAGE);
        RemotePrice small = new RemotePrice(priced("small"));
        assertThat(e.bill().requests()).isEqualTo(3);
        assertThat(e.bill().microUsd()).isEqualTo(small.cost(small.promptTokens(HELLO), 0));
    }

    @Test
    void a_second_attempt_may_succeed_and_nobody_else_is_asked() {
        serveOnceThen(BIG, json(500, "oops"), json(200, said("Hi.")));
        assertThat(ask(chain(new Patience())).model()).isEqualTo("big");
        requests(BIG, 2);
        requests(SMALL, 0);
    }

    @Test
    void a_short_retry_after_is_waited_for() {
        serveOnceThen(BIG, json(429, "slow down").withHeader("Retry-After", "1"), json(200, said("Hi.")));
        long begin = System.nanoTime();
        assertThat(ask(chain(new Patience())).model()).isEqualTo("big");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void a_retry_after_longer_than_max_wait_sends_the_query_to_the_next_model_at_once() {
        serve(BIG, json(429, "slow down").withHeader("Retry-After", "120"));
        serve(SMALL, json(200, said("Here.")));
        RemoteReply reply = ask(chain(new Patience()));
        assertThat(reply.model()).isEqualTo("small");
        assertThat(reply.bill().failures()).singleElement().asString().contains("429").contains("retry after 2m");
        requests(BIG, 1);
    }

    @Test
    void a_retry_after_may_be_a_date() {
        String tomorrow =
                DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC).plusDays(1));
        serve(BIG, json(429, "slow down").withHeader("Retry-After", tomorrow));
        serve(SMALL, json(200, said("Here.")));
        assertThat(ask(chain(new Patience())).model()).isEqualTo("small");
        requests(BIG, 1);
    }

    @Test
    void a_wrong_key_at_one_model_is_no_reason_not_to_ask_the_next() {
        serve(BIG, json(401, "no"));
        serve(SMALL, json(200, said("Here.")));
        assertThat(ask(chain(new Patience())).model()).isEqualTo("small");
        requests(BIG, 1);
    }

    @Test
    void a_refusal_is_an_answer_and_nobody_else_is_asked() {
        serve(BIG, json(200, completion("{\"role\":\"assistant\",\"refusal\":\"I will not.\"}")));
        assertThat(failure(chain(new Patience())).kind()).isEqualTo(Kind.CONTENT_REFUSED);
        requests(SMALL, 0);
    }

    @Test
    void every_model_has_its_own_breaker_and_comes_back_by_itself() {
        RemoteChain chain = chain(new Patience().maxAttempts(1).breaker(2, Duration.ofSeconds(30)));
        serve(BIG, json(500, "down"));
        serve(SMALL, json(200, said("Here.")));
        ask(chain);
        ask(chain);
        assertThat(chain.breakerStates())
                .containsEntry("big", CircuitBreaker.State.OPEN)
                .containsEntry("small", CircuitBreaker.State.CLOSED);
        RemoteReply skipped = ask(chain);
        assertThat(skipped.bill().calls().getFirst().outcome()).isEqualTo(Outcome.NOT_SENT);
        assertThat(skipped.bill().requests()).isEqualTo(1);
        requests(BIG, 2);

        serve(BIG, json(200, said("Up again.")));
        clock.add(Duration.ofSeconds(31));
        assertThat(ask(chain).model()).isEqualTo("big");
        assertThat(chain.breakerStates()).containsEntry("big", CircuitBreaker.State.CLOSED);
    }

    @Test
    void a_failing_probe_keeps_the_breaker_open() {
        RemoteChain chain = chain(new Patience().maxAttempts(1).breaker(2, Duration.ofSeconds(30)));
        serve(BIG, json(500, "down"));
        serve(SMALL, json(500, "down"));
        failure(chain);
        failure(chain);
        assertThat(failure(chain).bill().requests()).isZero();
        clock.add(Duration.ofSeconds(31));
        assertThat(failure(chain).bill().requests()).as("one probe each").isEqualTo(2);
        RemoteException open = failure(chain);
        assertThat(open.bill().requests()).isZero();
        assertThat(open.kind()).isEqualTo(Kind.BREAKER_OPEN);
        assertThat(open.kind().passes()).isTrue();
        assertThat(open).hasMessageContaining("big is not asked for up to 30s").hasMessageContaining("small is not asked");
    }

    @Test
    void a_model_without_a_place_in_its_rate_limit_is_passed_over() {
        RemoteChain chain = chain(new Patience().rateLimit(1, Duration.ofHours(1), Duration.ZERO));
        serve(BIG, json(200, said("Hi.")));
        serve(SMALL, json(200, said("Here.")));
        assertThat(ask(chain).model()).isEqualTo("big");
        RemoteReply second = ask(chain);
        assertThat(second.model()).isEqualTo("small");
        assertThat(second.bill().failures()).containsExactly("big had no place within resilience.rate-limit");
        assertThat(second.bill().calls().getFirst().microUsd()).isZero();
        assertThat(failure(chain).kind()).isEqualTo(Kind.RATE_LIMITER);
        requests(BIG, 1);
    }

    @Test
    void a_full_bulkhead_passes_the_query_on_after_its_bounded_wait() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        RemoteChain chain = chain(
                new Patience().bulkhead(1, Duration.ofMillis(10)), answering(() -> {
                    busy.countDown();
                    release.await();
                    return "Hi.";
                }));
        AtomicReference<String> first = new AtomicReference<>();
        Thread caller = Thread.ofVirtual().start(() -> first.set(ask(chain).response().aiMessage().text()));
        assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
        RemoteException full = failure(chain);
        assertThat(full.kind()).isEqualTo(Kind.BULKHEAD_FULL);
        assertThat(full.bill().requests()).isZero();
        release.countDown();
        caller.join();
        assertThat(first.get()).isEqualTo("Hi.");
        assertThat(ask(chain).response().aiMessage().text()).as("the place is free again").isEqualTo("Hi.");
    }

    @Test
    void a_slow_model_is_left_for_the_next_one_and_its_prompts_are_charged() throws IOException {
        try (RawServer silent = RawServer.silent()) {
            ResilienceSettings patience =
                    new Patience().timeout(Duration.ofMillis(300)).maxAttempts(1).build();
            serve(SMALL, json(200, said("Here.")));
            RemoteChain chain = RemoteChain.of(
                    List.of(model("big", silent.url(), patience),
                            model("small", SMALL.baseUrl() + "/v1", new Patience().build())),
                    new Patience().build());
            RemoteReply reply = ask(chain);
            assertThat(reply.model()).isEqualTo("small");
            assertThat(reply.bill().calls().getFirst().fault()).isEqualTo(Kind.TIMEOUT);
            assertThat(reply.bill().calls().getFirst().microUsd()).isPositive();
        }
    }

    @Test
    void the_time_for_the_whole_query_ends_all_attempts() throws IOException {
        try (RawServer silent = RawServer.silent()) {
            ResilienceSettings patience = new Patience()
                    .timeout(Duration.ofMillis(400))
                    .queryTimeout(Duration.ofMillis(600))
                    .maxAttempts(10)
                    .build();
            RemoteChain chain = RemoteChain.of(
                    List.of(model("big", silent.url(), patience), model("small", silent.url(), patience)), patience);
            RemoteException e = failure(chain);
            assertThat(e.kind()).isEqualTo(Kind.QUERY_TIMEOUT);
            assertThat(e).hasMessageContaining("the query's 600ms");
            assertThat(e.bill().calls())
                    .filteredOn(call -> call.outcome() != Outcome.NOT_SENT)
                    .extracting(RemoteCall::model)
                    .containsOnly("big");
            assertThat(e.bill().requests()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void hedging_is_off_by_default() {
        assertThat(ResilienceSettings.DEFAULTS.hedging()).isNull();
    }

    @Test
    void a_hedge_overtakes_a_slow_request_which_is_cancelled_and_charged_too() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        List<Integer> calls = new ArrayList<>();
        RemoteChain chain = chain(
                new Patience().hedging(Duration.ofMillis(50)), answering(() -> {
                    synchronized (calls) {
                        calls.add(calls.size());
                        if (calls.size() == 2) {
                            return "The second.";
                        }
                    }
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        cancelled.countDown();
                        throw e;
                    }
                    return "never";
                }));
        RemoteReply reply = ask(chain);
        assertThat(reply.response().aiMessage().text()).isEqualTo("The second.");
        assertThat(cancelled.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(reply.bill().calls())
                .extracting(RemoteCall::outcome)
                .containsExactlyInAnyOrder(Outcome.OUTRUN, Outcome.ANSWERED);
        assertThat(reply.bill().calls()).allSatisfy(call -> assertThat(call.microUsd()).isPositive());
        assertThat(reply.bill().microUsd()).isLessThanOrEqualTo(chain.worstCase(HELLO));
    }

    @Test
    void a_cancelled_request_hangs_up() throws Exception {
        try (RawServer silent = RawServer.silent()) {
            ResilienceSettings patience = new Patience().build();
            RemoteChain chain = RemoteChain.of(List.of(model("big", silent.url(), patience)), patience);
            Thread caller = Thread.ofVirtual().start(() -> failure(chain));
            while (silent.bytes() == 0) {
                Thread.sleep(1);
            }
            caller.interrupt();
            assertThat(silent.hungUp().await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void a_fast_model_is_never_hedged() {
        serve(BIG, json(200, said("Hi.")));
        assertThat(ask(chain(new Patience().hedging(Duration.ofSeconds(50)))).bill().requests()).isEqualTo(1);
        requests(BIG, 1);
    }

    @Test
    void an_interrupt_in_the_pause_between_two_attempts_ends_the_query() throws Exception {
        serve(BIG, json(500, "down"));
        RemoteChain chain = chain(new Patience().waits(Duration.ofMinutes(10), Duration.ofMinutes(10))
                .queryTimeout(Duration.ofHours(1)));
        AtomicReference<RemoteException> thrown = new AtomicReference<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            thrown.set(failure(chain));
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
        long patience = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (caller.getState() != Thread.State.TIMED_WAITING
                || BIG.findAll(postRequestedFor(urlEqualTo(PATH))).isEmpty()) {
            assertThat(System.nanoTime()).isLessThan(patience);
            Thread.onSpinWait();
        }
        caller.interrupt();
        assertThat(caller.join(Duration.ofSeconds(30))).isTrue();
        assertThat(Objects.requireNonNull(thrown.get()).kind()).isEqualTo(Kind.CANCELLED);
        requests(SMALL, 0);
    }

    @Test
    void the_worst_case_covers_what_is_charged_when_everything_goes_wrong() {
        BIG.stubFor(post(PATH).willReturn(json(200, "").withFault(Fault.CONNECTION_RESET_BY_PEER)));
        SMALL.stubFor(post(PATH).willReturn(json(200, "").withFault(Fault.CONNECTION_RESET_BY_PEER)));
        RemoteChain chain = chain(new Patience().maxAttempts(3));
        RemoteException e = failure(chain);
        assertThat(e.bill().requests()).isEqualTo(6);
        assertThat(e.bill().microUsd()).isPositive().isLessThanOrEqualTo(chain.worstCase(HELLO));
    }

    @Test
    void a_chain_without_a_model_or_with_one_twice_is_refused() {
        ResilienceSettings patience = new Patience().build();
        assertThatThrownBy(() -> RemoteChain.of(List.of(), patience)).hasMessageContaining("names no model");
        RemoteModel big = model("big", "http://127.0.0.1:1/v1", patience);
        assertThatThrownBy(() -> RemoteChain.of(List.of(big, big), patience)).hasMessageContaining("twice");
    }

    @Test
    void pauses_double_with_jitter_and_stay_below_the_longest() {
        RemoteModel model = model(
                "big",
                "http://127.0.0.1:1/v1",
                new Patience().waits(Duration.ofMillis(100), Duration.ofSeconds(1)).build());
        RemoteDeadline far = new RemoteDeadline(Duration.ofHours(1), System::nanoTime);
        for (int i = 0; i < 200; i++) {
            assertThat(model.pause(1, null, far)).isBetween(50L, 150L);
            assertThat(model.pause(2, null, far)).isBetween(100L, 300L);
            assertThat(model.pause(9, null, far)).isBetween(500L, 1000L);
        }
        RemoteDeadline near = new RemoteDeadline(Duration.ofMillis(20), () -> 0);
        assertThat(model.pause(9, null, near)).isEqualTo(20);
    }

    private interface Answering {
        String answer() throws InterruptedException;
    }

    private static ChatModel answering(Answering answering) {
        return new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                try {
                    return ChatResponse.builder()
                            .aiMessage(AiMessage.from(answering.answer()))
                            .build();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException(e);
                }
            }
        };
    }

    private static final class SettableClock extends Clock {

        private Instant now = Instant.parse("2026-11-22T12:00:00Z");

        private void add(Duration duration) {
            now = now.plus(duration);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
