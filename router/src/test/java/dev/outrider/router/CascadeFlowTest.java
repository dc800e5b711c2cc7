package dev.outrider.router;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import dev.outrider.router.budget.InMemoryBudgetStore;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.LedgerSchema;
import dev.outrider.router.ledger.ShadowRecord;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.remote.RemoteModels;

/** Whole queries through the cascade, with LLMs that answer over HTTP, well and badly. */
class CascadeFlowTest extends LlmOverHttp {

    private static final ChatResponse UNSURE_TEXT = ScriptedSlm.text("A draft.", 0.3);
    private static final ChatResponse SURE_TEXT = ScriptedSlm.text("A sure answer.", 0.99);

    @BeforeEach
    void theLlmAnswers() {
        serve("far", said("From afar."));
        serve("near", said("From nearby."));
    }

    private static void serve(String model, ResponseDefinitionBuilder response) {
        LLM.stubFor(post(anyUrl()).withRequestBody(matchingJsonPath("$.model", equalTo(model))).willReturn(response));
    }

    /** Two LLMs, one after the other, hardly any patience, and these workloads before the one that takes everything. */
    private static Policy flow(String workloads, String more) {
        return Policy.parse(
                "flow.yaml",
                """
                version: flow-1
                models:
                  local: {usd-per-hour: 0.10}
                  remote:
                    - {name: far, usd-per-million-input-tokens: 2, usd-per-million-output-tokens: 10, url: 'URL', model: far}
                    - {name: near, usd-per-million-input-tokens: 1, usd-per-million-output-tokens: 5, url: 'URL', model: near}
                workloads:
                WORKLOADS
                  - {name: rest, uncalibrated: threshold, min-probability: 0.8}
                resilience: {max-attempts: 2, first-wait: 1ms, max-wait: 10ms, timeout: 20s, query-timeout: 60s}
                audit: {rate: 0}
                MORE
                """
                        .replace("URL", LLM.baseUrl() + "/v1")
                        .replace("WORKLOADS", workloads.indent(2).stripTrailing())
                        .replace("MORE", more));
    }

    private CascadeChatModel cascade(ChatModel slm, Policy policy) {
        return overHttp(slm, policy).build();
    }

    private static String label(ChatResponse response) {
        return ((CascadeChatResponseMetadata) response.metadata()).decision().label();
    }

    @Test
    void what_is_sure_enough_is_answered_here_and_the_rest_by_the_first_llm() throws IOException {
        try (CascadeChatModel model = cascade(
                ScriptedSlm.doing(r -> r.messages().toString().contains("easy") ? SURE_TEXT : UNSURE_TEXT), flow("", ""))) {
            assertThat(model.chat(shop.request("easy")).aiMessage().text()).isEqualTo("A sure answer.");
            assertThat(sent()).isZero();
            ChatResponse hard = model.chat(shop.request("hard"));
            assertThat(hard.aiMessage().text()).isEqualTo("From afar.");
            DecisionRecord record = ledger.records().getLast();
            assertThat(record.workload()).isEqualTo("rest");
            assertThat(record.cost().remoteMicroUsd()).isEqualTo(100 * 2 + 10 * 10);
            assertThat(record.leases()).extracting(DecisionRecord.Lease::purpose).containsExactly("local", "remote");
            assertThat(LedgerSchema.documented().violations(record)).isEmpty();
        }
    }

    @Test
    void the_next_llm_answers_when_the_first_cannot_and_each_is_charged_at_its_own_rate() {
        serve("far", aResponse().withStatus(500));
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE_TEXT), flow("", ""))) {
            assertThat(model.chat(shop.request("hard")).aiMessage().text()).isEqualTo("From nearby.");
            DecisionRecord.Remote remote = remote(onlyRecord());
            assertThat(remote.tried()).singleElement().satisfies(tried -> {
                assertThat(tried.model()).isEqualTo("far");
                assertThat(tried.attempts()).isEqualTo(2);
            });
            assertThat(onlyRecord().cost().remoteMicroUsd()).isGreaterThanOrEqualTo(100 + 50);
        }
    }

    @Test
    void when_no_llm_answers_the_workload_says_whether_a_weak_answer_will_do() {
        LLM.stubFor(post(anyUrl()).willReturn(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER)));
        Policy policy = flow("- {name: kind, match: {label: kind}, uncalibrated: threshold, min-probability: 0.8,"
                + " when-remote-fails: answer-locally}", "");
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE_TEXT), policy)) {
            ChatResponse weak = model.chat(
                    shop.request("x"), CascadeAttributes.of(null, null, "kind").toOptions());
            assertThat(weak.aiMessage().text()).isEqualTo("A draft.");
            assertThat(label(weak)).isEqualTo("accept:REMOTE_FAILED");
            assertThatThrownBy(() -> model.chat(shop.request("x")))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(RefusalReason.REMOTE_FAILED));
        }
        try (CascadeChatModel model = cascade(
                ScriptedSlm.answering(ScriptedSlm.call("cancel_order", "{\"order_id\":\"ORD-1\"}", 0.3)), policy)) {
            assertThatThrownBy(() -> model.chat(
                            shop.request("x"), CascadeAttributes.of(null, null, "kind").toOptions()))
                    .as("a heavier effect than answer-locally-up-to")
                    .isInstanceOf(RefusedException.class);
        }
    }

    @Test
    void in_observe_mode_the_llm_answers_and_the_decision_is_recorded_as_what_it_would_have_been() throws IOException {
        Policy policy = flow("- {name: watched, mode: observe, match: {label: desk}, uncalibrated: threshold,"
                + " min-probability: 0.8}", "");
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(SURE_TEXT), policy)) {
            ChatResponse response =
                    model.chat(shop.request("x"), CascadeAttributes.of(null, null, "desk").toOptions());
            assertThat(response.aiMessage().text()).isEqualTo("From afar.");
            assertThat(label(response)).isEqualTo("escalate:OBSERVED");
            assertThat(onlyRecord().mode()).isEqualTo(DecisionRecord.Mode.OBSERVE);
            assertThat(onlyRecord().wouldHave()).isInstanceOf(Decision.Accept.class);
            assertThat(onlyRecord().cost().failedLocalMicroUsd()).isPositive();
            assertThat(LedgerSchema.documented().violations(onlyRecord())).isEmpty();
        }
    }

    @Test
    void in_shadow_mode_the_llm_answers_at_once_and_the_slm_is_asked_afterwards() throws IOException {
        Policy policy = flow("- {name: new, mode: shadow, match: {label: desk}, uncalibrated: threshold,"
                + " min-probability: 0.8}", "");
        ScriptedSlm slm = ScriptedSlm.doing(request -> {
            assertThat(ledger.records()).as("nobody waits for the SLM").isNotEmpty();
            return ScriptedSlm.text("From afar.", 0.99);
        });
        try (CascadeChatModel model = cascade(slm, policy)) {
            ChatResponse response =
                    model.chat(shop.request("x"), CascadeAttributes.of(null, null, "desk").toOptions());
            assertThat(label(response)).isEqualTo("escalate:SHADOW");
            assertThat(onlyRecord().local()).isNull();
            assertThat(model.awaitQuiet(Duration.ofSeconds(60))).isTrue();
            ShadowRecord shadow = ledger.shadows().getFirst();
            assertThat(shadow.id()).isEqualTo(onlyRecord().id());
            assertThat(shadow.wouldHave()).isInstanceOf(Decision.Accept.class);
            assertThat(shadow.agreed()).isTrue();
            assertThat(shadow.microUsd()).isPositive();
            assertThat(LedgerSchema.documented().violations(shadow)).isEmpty();
            assertThat(sent()).isEqualTo(1);
        }
    }

    @Test
    void an_accepted_answer_that_chance_draws_is_audited_off_the_path_and_charged() {
        Policy policy = flow("- {name: audited, match: {label: desk}, uncalibrated: threshold, min-probability: 0.8,"
                + " audit-rate: 1}", "budgets: [{name: all, limit: 1}]");
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(SURE_TEXT), policy)) {
            ChatResponse response =
                    model.chat(shop.request("x"), CascadeAttributes.of(null, null, "desk").toOptions());
            assertThat(response.aiMessage().text()).isEqualTo("A sure answer.");
            assertThat(onlyRecord().audit()).isEqualTo(new DecisionRecord.Audit(1, true, null));
            assertThat(model.awaitQuiet(Duration.ofSeconds(60))).isTrue();
            assertThat(ledger.audits()).singleElement().satisfies(audit -> {
                assertThat(audit.agreed()).isFalse();
                assertThat(audit.microUsd()).isEqualTo(300);
                assertThat(audit.propensity()).isEqualTo(1);
            });
            assertThat(ledger.entries())
                    .hasAtLeastOneElementOfType(EgressNotice.class)
                    .hasAtLeastOneElementOfType(AuditRecord.class)
                    .allSatisfy(entry -> assertThat(LedgerSchema.documented().violations(entry)).isEmpty());
            assertThat(spent(model)).isEqualTo(300 + onlyRecord().cost().localMicroUsd());
            assertThat(model.stats().remoteMicroUsd()).isEqualTo(300);
        }
    }

    @Test
    void a_tool_loop_that_the_llm_began_goes_on_with_it_and_the_next_request_is_the_slms_again() {
        serve("far", calls("get_order", "{\"order_id\":\"ORD-1\"}"));
        ScriptedSlm slm = ScriptedSlm.doing(r -> r.messages().getLast().toString().contains("easy") ? SURE_TEXT : UNSURE_TEXT);
        try (CascadeChatModel model = cascade(slm, flow("", ""))) {
            List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from("hard")));
            AiMessage first = ask(model, messages, "s-1").aiMessage();
            assertThat(first.toolExecutionRequests()).hasSize(1);
            messages.add(first);
            messages.add(ToolExecutionResultMessage.from(first.toolExecutionRequests().getFirst(), "{}"));
            serve("far", said("Done."));
            ChatResponse second = ask(model, messages, "s-1");
            assertThat(label(second)).isEqualTo("escalate:TOOL_LOOP");
            assertThat(slm.requests).as("the SLM began nothing").hasSize(1);

            messages.add(second.aiMessage());
            messages.add(UserMessage.from("easy"));
            assertThat(label(ask(model, messages, "s-1"))).isEqualTo("accept");
            assertThat(slm.requests.getLast().messages()).as("word for word").isEqualTo(messages);
        }
    }

    @Test
    void callers_that_keep_no_attributes_are_known_by_their_session_and_free_loops_do_not_stick() {
        serve("far", calls("get_order", "{\"order_id\":\"ORD-1\"}"));
        for (boolean sticky : new boolean[] {true, false}) {
            ScriptedSlm slm = ScriptedSlm.doing(r -> r.messages().size() > 1 ? SURE_TEXT : UNSURE_TEXT);
            Policy policy = flow(sticky ? "" : "- {name: loose, match: {label: desk}, tool-loops: free,"
                    + " uncalibrated: threshold, min-probability: 0.8}", "");
            try (CascadeChatModel model = cascade(slm, policy)) {
                List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from("hard")));
                AiMessage first = ask(model, messages, "s-2").aiMessage();
                AiMessage persisted = AiMessage.from(first.toolExecutionRequests().getFirst().toBuilder()
                        .id("another")
                        .build());
                messages.add(persisted);
                messages.add(ToolExecutionResultMessage.from(persisted.toolExecutionRequests().getFirst(), "{}"));
                assertThat(label(ask(model, messages, "s-2"))).isEqualTo(sticky ? "escalate:TOOL_LOOP" : "accept");
                assertThat(label(ask(model, messages, "someone else"))).isEqualTo("accept");
            }
        }
    }

    private ChatResponse ask(CascadeChatModel model, List<ChatMessage> messages, String session) {
        ChatRequest request = ChatRequest.builder()
                .messages(List.copyOf(messages))
                .toolSpecifications(shop.tools())
                .build();
        return model.chat(request, CascadeAttributes.of(session, null, "desk").toOptions());
    }

    @Test
    void a_query_that_costs_more_than_the_whole_budget_is_refused_at_once_and_does_not_wait_in_line() {
        Policy policy = flow("", "budgets: [{name: tight, limit: 0.01, on-exhausted: queue, queue-for: 1h}]");
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE_TEXT), policy)) {
            assertThatThrownBy(() -> model.chat(shop.request("hard").toBuilder()
                            .maxOutputTokens(100_000)
                            .build()))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(RefusalReason.BUDGET_EXHAUSTED))
                    .hasMessageContaining("budget \"tight\"");
            assertThat(sent()).isZero();
        }
    }

    @Test
    void budgets_keep_what_was_spent_when_the_policy_changes() {
        InMemoryBudgetStore store = new InMemoryBudgetStore();
        Policy before = flow("", "budgets: [{name: all, limit: 1}]");
        Policy after = flow("", "budgets: [{name: all, limit: 0.0001}]");
        Policy[] holds = {before};
        PolicyInForce[] inForce = {
            PolicyInForce.of(before), PolicyInForce.of(after)
        };
        try (CascadeChatModel model = CascadeChatModel.builder()
                .local(ScriptedSlm.answering(UNSURE_TEXT))
                .remotes(p -> RemoteModels.chain(p.models().remote(), p.resilience(), Map.of()))
                .policy(() -> inForce[holds[0] == before ? 0 : 1])
                .catalogue(shop.catalogue)
                .budgets(store)
                .ledger(ledger)
                .build()) {
            model.chat(shop.request("hard"));
            long spent = spent(model);
            assertThat(spent).isGreaterThanOrEqualTo(300);
            holds[0] = after;
            assertThatThrownBy(() -> model.chat(shop.request("hard"))).hasMessageContaining("budget \"all\"");
            assertThat(spent(model)).isGreaterThanOrEqualTo(spent);
            assertThat(ledger.records().getLast().policy()).isEqualTo("flow-1");
        }
    }

    @Test
    void what_is_to_be_redacted_leaves_without_names_and_comes_back_with_them() {
        serve("far", said("Dear NAME"));
        Policy policy = flow("- {name: careful, match: {label: desk}, egress: redacted, uncalibrated: threshold,"
                + " min-probability: 0.8}", "");
        try (CascadeChatModel model = cascade(ScriptedSlm.answering(UNSURE_TEXT), policy)) {
            model.chat(
                    shop.request("Write to Ada Lovelace at ada@example.org."),
                    CascadeAttributes.of(null, null, "desk")
                            .withNames(List.of("Ada Lovelace"))
                            .toOptions());
            String body = LLM.findAll(postRequestedFor(anyUrl())).getFirst().getBodyAsString();
            assertThat(body).doesNotContain("Lovelace").doesNotContain("ada@example.org").contains("Write to");
            assertThat(onlyRecord().redactions()).isEqualTo(2);
        }
    }

    /** Whatever the SLM does and whatever else the policy says, a query that is to stay never leaves. */
    @Test
    void a_local_only_query_never_leaves_on_any_path() {
        long seed = new Random().nextLong();
        Random chance = new Random(seed);
        for (int round = 0; round < 150; round++) {
            String as = "seed " + seed + ", round " + round;
            String others = List.of(
                            "- {name: a, match: {label: desk}, then: escalate}",
                            "- {name: a, match: {label: desk}, mode: shadow}",
                            "- {name: a, match: {label: desk}, mode: observe, uncalibrated: threshold, min-probability: 0.1}",
                            "- {name: a, match: {effect: [reply, read]}, then: escalate}",
                            "- {name: a, match: {label: desk}, audit-rate: 1, uncalibrated: threshold, min-probability: 0.1}",
                            "")
                    .get(chance.nextInt(6));
            String keeper = List.of(
                            "- {name: in, match: {request-matches: secret}, egress: local-only, audit-rate: 1}",
                            "- {name: in, match: {request-matches: secret, offers-any: get_order}, egress: local-only,"
                                    + " when-remote-fails: answer-locally}")
                    .get(chance.nextInt(2));
            ChatResponse answer = List.of(
                            SURE_TEXT,
                            UNSURE_TEXT,
                            ScriptedSlm.text("<tool_call>", 0.9),
                            ScriptedSlm.call("nope", "{}", 0.9),
                            ScriptedSlm.call("get_order", "{}", 0.99),
                            ScriptedSlm.call("refund_order", "{\"order_id\":\"ORD-1\",\"amount\":1}", 0.99))
                    .get(chance.nextInt(6));
            boolean fails = chance.nextInt(5) == 0;
            Policy policy = flow(
                    chance.nextBoolean() ? others + "\n" + keeper : keeper + "\n" + others,
                    chance.nextInt(4) == 0 ? "budgets: [{name: none, limit: 0, on-exhausted: answer-locally}]" : "");
            try (CascadeChatModel model = cascade(
                    fails ? ScriptedSlm.failing(new IllegalStateException("boom")) : ScriptedSlm.answering(answer), policy)) {
                List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from("this is secret")));
                if (chance.nextInt(3) == 0) {
                    AiMessage begun = AiMessage.from(ScriptedSlm.toolCall("get_order", "{\"order_id\":\"ORD-1\"}")).toBuilder()
                            .attributes(Map.of(ToolLoop.TIER, "REMOTE"))
                            .build();
                    messages.add(begun);
                    messages.add(ToolExecutionResultMessage.from(begun.toolExecutionRequests().getFirst(), "{}"));
                }
                ask(model, messages, "s");
            } catch (RefusedException e) {
                assertThat(e.getMessage()).as(as).doesNotContain("\n");
            }
            assertThat(ledger.egresses()).as(as).isEmpty();
            assertThat(sent()).as(as).isZero();
        }
    }
}
