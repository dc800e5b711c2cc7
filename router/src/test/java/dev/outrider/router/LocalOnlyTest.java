package dev.outrider.router;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.InMemoryBudgetStore;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.ledger.LedgerException;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyException;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.remote.Completions;
import dev.outrider.router.remote.RawServer;
import dev.outrider.router.remote.RemoteModels;

/**
 * {@code local-only} fails closed: whatever goes wrong, whatever else the policy wants, no connection is made to the LLM,
 * which is a real listening socket that would answer. Ways to fail are combined at random; a failure prints its seed.
 */
class LocalOnlyTest {

    private static final int ROUNDS = 400;
    private static final String BODY = Completions.said("From the LLM.");

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final Shop shop = new Shop();
    private RawServer llm;

    @BeforeEach
    void listen() throws IOException {
        llm = RawServer.answering("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + BODY.length() + "\r\nConnection: close\r\n\r\n" + BODY);
    }

    @AfterEach
    void close() throws IOException {
        llm.close();
    }

    /** A policy in which much asks for the LLM, at random, and the egress of all queries is this at least. */
    private Policy policy(String egress) {
        for (int tries = 0; tries < 1_000; tries++) {
            try {
                return Policy.parse("random.yaml", yaml(egress));
            } catch (PolicyException e) {
                // many combinations contradict themselves and are told so; another one is drawn
                assertThat(e).hasMessageContaining("workloads[");
            }
        }
        throw new AssertionError("no policy in a thousand tries, seed " + seed);
    }

    private String yaml(String egress) {
        return """
                version: random
                models:
                  local:
                    usd-per-hour: 0.10
                  remote:
                    - {name: big, usd-per-million-input-tokens: 2.5, usd-per-million-output-tokens: 10}
                    - {name: small, usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 2, url: "%s", model: m}
                workloads:
                  - name: first
                    match: {%s}
                    then: %s
                    mode: %s
                    uncalibrated: threshold
                    min-probability: 0.9
                    egress: %s
                    tool-loops: %s
                    when-remote-fails: %s
                    when-llm-fails-too: %s
                    audit-rate: 1
                  - name: rest
                    uncalibrated: threshold
                    min-probability: 0.9
                    egress: %s
                    audit-rate: 1
                budgets:
                  - {name: day, limit: %s, per: 1d, on-exhausted: %s, queue-for: 1ms}
                resilience:
                  timeout: 20s
                  max-attempts: 3
                  first-wait: 0s
                  hedging: {after: 1ms}
                audit:
                  rate: 1
                """
                .formatted(
                        llm.url(),
                        any("", "min-messages: 1", "effect: [read, reply]", "calls-any: get_order",
                                "offers-any: cancel_order"),
                        any("decide", "escalate"),
                        any("enforce", "observe", "shadow"),
                        any("any", "redacted", egress),
                        any("sticky", "free"),
                        any("refuse", "answer-locally"),
                        any("refuse", "answer-locally"),
                        egress,
                        any("0", "0.000001", "5"),
                        any("refuse", "answer-locally", "queue"));
    }

    private String any(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private final List<Supplier<Function<ChatRequest, ChatResponse>>> slms = List.of(
            () -> request -> ScriptedSlm.text("Sure.", 0.99),
            () -> request -> ScriptedSlm.text("Unsure.", 0.1),
            () -> request -> ScriptedSlm.call("get_order", "{\"order_id\":\"ORD-1\"}", 0.99),
            () -> request -> ScriptedSlm.call("refund_order", "{\"order_id\":\"ORD-1\",\"amount\":1}", 0.2),
            () -> request -> ScriptedSlm.call("get_order", "{\"wrong\":1}", 0.99),
            () -> request -> ScriptedSlm.call("get_order", "{not JSON", 0.99),
            () -> request -> ScriptedSlm.call("no_such_tool", "{}", 0.99),
            () -> request -> ScriptedSlm.text("<tool_call>{\"name\":\"get_order\"}", 0.99),
            () -> request -> ScriptedSlm.text("", 0.99),
            () -> request -> ScriptedSlm.response(AiMessage.from("cut"), FinishReason.LENGTH, 0.99),
            () -> request -> ScriptedSlm.response(AiMessage.from("bad"), FinishReason.CONTENT_FILTER, 0.99),
            () -> request -> ScriptedSlm.response(AiMessage.from("half"), FinishReason.OTHER, 0.99),
            () -> request -> ChatResponse.builder()
                    .aiMessage(AiMessage.from("without evidence"))
                    .tokenUsage(new TokenUsage(1, 1))
                    .build(),
            () -> request -> null,
            () -> request -> {
                throw new IllegalStateException("the SLM is broken");
            },
            () -> request -> {
                throw new dev.langchain4j.exception.TimeoutException("too slow");
            },
            () -> request -> {
                throw new CancellationException("cancelled");
            },
            () -> request -> {
                Thread.currentThread().interrupt();
                return ScriptedSlm.text("interrupted", 0.1);
            },
            () -> request -> {
                throw new StackOverflowError();
            });

    private Ledger ledger() {
        int failsAfter = random.nextInt(3) == 0 ? random.nextInt(3) : Integer.MAX_VALUE;
        AtomicInteger written = new AtomicInteger();
        InMemoryLedger kept = new InMemoryLedger();
        return new Ledger() {
            @Override
            public void append(DecisionRecord record) {
                mayFail();
                kept.append(record);
            }

            @Override
            public void announce(EgressNotice notice) {
                mayFail();
            }

            private void mayFail() {
                if (written.getAndIncrement() >= failsAfter) {
                    throw new LedgerException("the ledger cannot be written; free some space");
                }
            }
        };
    }

    /** A store that breaks at a random moment, or never. */
    private BudgetStore budgets() {
        BudgetStore store = new InMemoryBudgetStore();
        int failsAfter = random.nextInt(3) == 0 ? random.nextInt(4) : Integer.MAX_VALUE;
        AtomicInteger used = new AtomicInteger();
        return (BudgetStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BudgetStore.class}, (proxy, method, arguments) -> {
                    if (used.getAndIncrement() >= failsAfter) {
                        throw broken();
                    }
                    return method.invoke(store, arguments);
                });
    }

    private static RuntimeException broken() {
        return new IllegalStateException("the budgets cannot be read");
    }

    private ChatRequest request() {
        ChatRequest request = shop.request("Where is my order? I am jane@example.org");
        if (random.nextInt(4) > 0) {
            return request;
        }
        // in the middle of a tool loop
        AiMessage call = AiMessage.from(ScriptedSlm.toolCall("get_order", "{\"order_id\":\"ORD-1\"}"));
        return request.toBuilder()
                .messages(
                        UserMessage.from("Where is it?"),
                        call,
                        ToolExecutionResultMessage.from(
                                call.toolExecutionRequests().getFirst(), "{}"))
                .build();
    }

    private CascadeChatModel cascade(Function<ChatRequest, ChatResponse> slm, AtomicReference<PolicyInForce> policy) {
        return CascadeChatModel.builder()
                .local(ScriptedSlm.doing(slm))
                .remotes(p -> RemoteModels.chain(
                        p.models().remote(),
                        p.resilience(),
                        Map.of(RemoteModels.URL, llm.url(), RemoteModels.MODEL, "big-1")))
                .policy(() -> requireNonNull(policy.get()))
                .catalogue(shop.catalogue)
                .ledger(ledger())
                .budgets(budgets())
                .build();
    }

    @Test
    void no_connection_is_made_to_the_llm_whatever_goes_wrong() {
        List<String> ends = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            PolicyInForce closed = PolicyInForce.of(policy("local-only"));
            PolicyInForce open = PolicyInForce.of(policy("any"));
            AtomicReference<PolicyInForce> policy = new AtomicReference<>(closed);
            Function<ChatRequest, ChatResponse> slm =
                    slms.get(random.nextInt(slms.size())).get();
            boolean reload = random.nextInt(4) == 0;
            boolean streamed = random.nextInt(3) == 0;
            // a query keeps the policy that it began under, also when the file changes while the SLM thinks
            CascadeChatModel cascade = cascade(
                    request -> {
                        if (reload) {
                            policy.set(open);
                        }
                        return slm.apply(request);
                    },
                    policy);
            String end = ask(cascade, streamed);
            assertThat(cascade.awaitQuiet(Duration.ofSeconds(60))).isTrue();
            cascade.close();
            ends.add(end);
            assertThat(llm.connections()).as("seed %d, round %d (%s): %s", seed, round, end, closed).isZero();
        }
        assertThat(ends).as("many ways were tried").contains("answered").anyMatch(e -> e.startsWith("RefusedException"));
    }

    private String ask(CascadeChatModel cascade, boolean streamed) {
        try {
            if (streamed) {
                Told told = new Told();
                CascadeStreamingChatModel.of(cascade).chat(request(), told);
                Object end = told.awaited().events.getLast();
                return end instanceof ChatResponse ? "answered" : end.getClass().getSimpleName();
            }
            return "From the LLM.".equals(cascade.chat(request()).aiMessage().text()) ? "answered by the LLM" : "answered";
        } catch (RuntimeException | StackOverflowError e) {
            return e.getClass().getSimpleName();
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void the_same_queries_do_reach_it_when_they_may() {
        int answered = 0;
        for (int round = 0; round < 20; round++) {
            AtomicReference<PolicyInForce> policy = new AtomicReference<>(PolicyInForce.of(policy("any")));
            CascadeChatModel cascade = cascade(request -> ScriptedSlm.text("Unsure.", 0.1), policy);
            answered += ask(cascade, false).equals("answered by the LLM") ? 1 : 0;
            cascade.close();
        }
        assertThat(llm.connections()).as("seed %d", seed).isPositive();
        assertThat(answered).as("seed %d", seed).isPositive();
    }
}
