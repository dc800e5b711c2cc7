package dev.outrider.router;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.router.budget.BudgetState;
import dev.outrider.router.budget.BudgetStore;
import dev.outrider.router.budget.SqliteBudgetStore;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.Policy;

/** What whole queries cost their budgets, with budgets in a file and an LLM that answers over HTTP, well and badly. */
class CascadeBudgetsTest extends LlmOverHttp {

    private static final ChatResponse UNSURE = ScriptedSlm.text("A draft.", 0.3);
    private static final ChatResponse SURE = ScriptedSlm.text("A sure answer.", 0.99);

    /** A quarter of a second at a cent a second, rounded up. */
    private static final long ONE_DRAFT = 2501;

    /** 100 prompt and 10 answer tokens at 2 and 10 dollars a million. */
    private static final long ONE_CALL = 100 * 2 + 10 * 10;

    @TempDir
    Path folder;

    private BudgetStore store;

    @BeforeEach
    void openStore() {
        store = SqliteBudgetStore.open(folder.resolve("budgets.db"));
        LLM.stubFor(post(anyUrl()).willReturn(said("From afar.")));
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private static void first(ResponseDefinitionBuilder bad, ResponseDefinitionBuilder then) {
        LLM.stubFor(post(anyUrl()).inScenario("s").whenScenarioStateIs(Scenario.STARTED).willReturn(bad)
                .willSetStateTo("later"));
        LLM.stubFor(post(anyUrl()).inScenario("s").whenScenarioStateIs("later").willReturn(then));
    }

    private static Policy policy(double auditRate, String budgets) {
        return Policy.parse(
                "budgets.yaml",
                """
                version: budgets-1
                models:
                  local: {usd-per-hour: 36}
                  remote:
                    - {name: far, usd-per-million-input-tokens: 2, usd-per-million-output-tokens: 10, url: 'URL', model: far}
                workloads:
                  - {name: rest, uncalibrated: threshold, min-probability: 0.8, audit-rate: AUDIT}
                resilience: {max-attempts: 2, first-wait: 1ms, max-wait: 10ms, timeout: 20s, query-timeout: 60s}
                budgets: BUDGETS
                """
                        .replace("URL", LLM.baseUrl() + "/v1")
                        .replace("AUDIT", String.valueOf(auditRate))
                        .replace("BUDGETS", budgets));
    }

    private CascadeChatModel cascade(ScriptedSlm slm, Policy policy) {
        return builder(slm, policy).build();
    }

    private CascadeChatModel.Builder builder(ScriptedSlm slm, Policy policy) {
        return overHttp(slm, policy).budgets(store);
    }

    private static final String ALL = "[{name: all, limit: 1}]";

    private static BudgetState state(CascadeChatModel model) {
        return model.budgets(CascadeAttributes.NONE).getFirst();
    }

    /** Money of the SLM's seconds, as the last record says. */
    private long localCost() {
        return ledger.records().getLast().cost().localMicroUsd();
    }

    private void assertSpent(CascadeChatModel model, long microUsd) {
        assertThat(state(model).spent()).isEqualTo(microUsd);
        assertThat(state(model).leased()).isZero();
        assertThat(store.leasesOut(NOON.toEpochMilli())).isZero();
    }

    @Test
    void a_failed_local_attempt_is_charged_beside_the_llm() {
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, ALL))) {
            model.chat(shop.request("hard"));
            assertThat(localCost()).isEqualTo(ONE_DRAFT);
            assertSpent(model, ONE_DRAFT + ONE_CALL);
        }
    }

    @Test
    void a_repair_is_charged_like_a_first_answer() {
        first(calls("no_such_tool", "{}"), said("Sorry, this way."));
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, ALL))) {
            assertThat(model.chat(shop.request("hard")).aiMessage().text()).isEqualTo("Sorry, this way.");
            assertThat(sent()).isEqualTo(2);
            assertSpent(model, ONE_DRAFT + 2 * ONE_CALL);
        }
    }

    @Test
    void an_attempt_that_broke_off_is_charged_before_it_is_retried() {
        first(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER), said("At last."));
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, ALL))) {
            model.chat(shop.request("hard"));
            assertThat(sent()).isEqualTo(2);
            DecisionRecord.Remote remote = remote(onlyRecord());
            assertThat(remote.attempts()).isEqualTo(2);
            assertThat(onlyRecord().cost().remoteMicroUsd())
                    .as("the prompt that was lost may have been read")
                    .isGreaterThan(ONE_CALL);
            assertSpent(model, ONE_DRAFT + onlyRecord().cost().remoteMicroUsd());
        }
    }

    @Test
    void an_audit_is_charged() {
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(SURE), policy(1, ALL))) {
            assertThat(model.chat(shop.request("easy")).aiMessage().text()).isEqualTo("A sure answer.");
            assertThat(model.awaitQuiet(Duration.ofSeconds(60))).isTrue();
            assertThat(sent()).isEqualTo(1);
            assertSpent(model, ONE_DRAFT + ONE_CALL);
        }
    }

    @Test
    void refuse_refuses_before_anything_is_sent() {
        String budgets = "[{name: tight, limit: 0.003, on-exhausted: refuse}]";
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, budgets))) {
            assertThatThrownBy(() -> model.chat(shop.request("hard")))
                    .isInstanceOfSatisfying(
                            RefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(RefusalReason.BUDGET_EXHAUSTED))
                    .hasMessageContaining("budget \"tight\" has")
                    .hasMessageContaining("raise its limit in the policy");
            assertThat(sent()).isZero();
            assertSpent(model, ONE_DRAFT);
        }
    }

    @Test
    void answer_locally_takes_the_draft_and_says_so() {
        String budgets = "[{name: tight, limit: 0.003, on-exhausted: answer-locally}]";
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, budgets))) {
            ChatResponse response = model.chat(shop.request("hard"));
            assertThat(response.aiMessage().text()).isEqualTo("A draft.");
            assertThat(onlyRecord().decision().label()).isEqualTo("accept:BUDGET_EXHAUSTED");
            assertThat(sent()).isZero();
            assertSpent(model, ONE_DRAFT);
        }
    }

    @Test
    void queue_waits_until_another_query_gives_back_and_then_answers() throws Exception {
        // room for one worst case at a time, and for the bills of both
        String budgets = "[{name: tight, limit: 0.022, on-exhausted: queue, queue-for: 60s}]";
        LLM.stubFor(post(anyUrl()).willReturn(said("From afar.").withFixedDelay(400)));
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, budgets))) {
            CompletableFuture<ChatResponse> one = async(model);
            CompletableFuture<ChatResponse> other = async(model);
            assertThat(one.get(60, TimeUnit.SECONDS).aiMessage().text()).isEqualTo("From afar.");
            assertThat(other.get(60, TimeUnit.SECONDS).aiMessage().text()).isEqualTo("From afar.");
            assertThat(ledger.records()).anySatisfy(record -> assertThat(requireNonNull(record.times()).queuedSeconds()).isPositive());
            assertSpent(model, 2 * (ONE_DRAFT + ONE_CALL));
        }
    }

    private CompletableFuture<ChatResponse> async(CascadeChatModel model) {
        ChatRequest request = shop.request("hard");
        return CompletableFuture.supplyAsync(() -> model.chat(request), Thread::startVirtualThread);
    }

    @Test
    void a_cancelled_query_gives_its_lease_back_and_pays_for_the_prompt_that_had_left() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        ChatModel silent = new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                arrived.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new IllegalStateException("nobody waits for the answer any more");
            }
        };
        try (CascadeChatModel model = builder(ScriptedSlm.answering(UNSURE), policy(0, ALL)).remote(silent).build()) {
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            Thread thread = Thread.ofVirtual().start(() -> {
                try {
                    model.chat(shop.request("hard"));
                    outcome.complete(new AssertionError("answered"));
                } catch (RuntimeException e) {
                    outcome.complete(e);
                }
            });
            arrived.await();
            assertThat(state(model).leased()).isPositive();
            thread.interrupt();
            assertThat(outcome.get(20, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(RefusalReason.CANCELLED));
            long prompt = onlyRecord().cost().remoteMicroUsd();
            assertThat(prompt).isPositive();
            assertSpent(model, ONE_DRAFT + prompt);
        }
    }

    @Test
    void a_query_that_is_cancelled_in_line_leaves_it_with_nothing() throws Exception {
        String budgets = "[{name: tight, limit: 0.022, on-exhausted: queue, queue-for: 60s}]";
        LLM.stubFor(post(anyUrl()).willReturn(said("From afar.").withFixedDelay(1500)));
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, budgets))) {
            CompletableFuture<ChatResponse> one = async(model);
            while (state(model).leased() == 0) {
                Thread.sleep(1);
            }
            CompletableFuture<Boolean> refused = new CompletableFuture<>();
            Thread thread = Thread.ofVirtual().start(() -> {
                try {
                    model.chat(shop.request("hard"));
                    refused.complete(false);
                } catch (RefusedException e) {
                    refused.complete(true);
                }
            });
            while (state(model).spent() < 2 * ONE_DRAFT) {
                Thread.sleep(1);
            }
            thread.interrupt();
            assertThat(refused.get(20, TimeUnit.SECONDS)).isTrue();
            assertThat(one.get(60, TimeUnit.SECONDS).aiMessage().text()).isEqualTo("From afar.");
            assertThat(sent()).isEqualTo(1);
            assertSpent(model, 2 * ONE_DRAFT + ONE_CALL);
        }
    }

    @Test
    void without_its_store_nothing_is_spent() {
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, ALL))) {
            store.close();
            assertThatThrownBy(() -> model.chat(shop.request("hard")))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("the store is closed; open it again");
            assertThat(sent()).isZero();
        }
    }

    @Test
    void tenants_pay_for_themselves_and_together() {
        String budgets = "[{name: each, scope: tenant, limit: 0.02}, {name: all, limit: 1}]";
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE), policy(0, budgets))) {
            model.chat(shop.request("hard"), tenant("acme").toOptions());
            model.chat(shop.request("hard"), tenant("umbrella").toOptions());
            assertThat(model.budgets(tenant("acme"))).extracting(BudgetState::spent)
                    .containsExactlyInAnyOrder(ONE_DRAFT + ONE_CALL, 2 * (ONE_DRAFT + ONE_CALL));
            assertThat(model.budgets(tenant("initech"))).extracting(BudgetState::spent)
                    .containsExactlyInAnyOrder(0L, 2 * (ONE_DRAFT + ONE_CALL));
        }
    }

    private static CascadeAttributes tenant(String name) {
        return CascadeAttributes.NONE.withTenant(name);
    }
}
