package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.EgressNotice;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.ledger.LedgerException;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.remote.RemoteException;

/** What happens around a question to the LLM: money, repair, ledger, cancelling. */
class CascadeEscalationTest extends CascadeFixture {

    @Test
    void an_escalated_query_charges_both_tiers_and_keeps_the_rejected_answer_in_the_ledger_only() {
        ChatResponse local = ScriptedSlm.text("Rejected draft", 0.10);
        CascadeChatModel model = cascade(ScriptedSlm.answering(local)).build();
        ChatResponse response = model.chat(shop.request("Go."));
        assertThat(response.aiMessage().text()).isEqualTo("From the big one.");
        assertThat(sentToLlm.toString()).doesNotContain("Rejected draft");
        DecisionRecord record = onlyRecord();
        assertThat(local(record).answer()).isEqualTo(new Answer("Rejected draft", List.of()));
        // 1000 x 2.50 + 100 x 10.00 micro-dollars
        assertThat(record.cost()).isEqualTo(new DecisionRecord.Cost(7, 7, 3500));
        assertThat(remote(record).estimated()).isFalse();
        assertThat(remote(record).model()).isEqualTo("big-1");
        assertThat(spent(model)).as("both tiers").isEqualTo(3507);
        assertThat(leased(model)).isZero();
        assertThat(ledger.egresses()).singleElement().satisfies(e -> assertThat(e.id()).isEqualTo(record.id()));
    }

    @Test
    void missing_usage_is_estimated_and_flagged() {
        ChatModel silent = new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                return ChatResponse.builder().aiMessage(AiMessage.from("Short.")).build();
            }
        };
        cascade(ScriptedSlm.answering(ScriptedSlm.text("x", 0.1))).remote(silent).build().chat(shop.request("Go."));
        assertThat(remote(onlyRecord()).estimated()).isTrue();
        assertThat(remote(onlyRecord()).inputTokens()).isPositive();
        assertThat(onlyRecord().cost().remoteMicroUsd()).isPositive();
    }

    @Test
    void without_an_llm_a_query_that_needs_one_is_refused() {
        CascadeChatModel model =
                cascade(ScriptedSlm.answering(ScriptedSlm.text("x", 0.1))).remote(null).build();
        assertThatThrownBy(() -> model.chat(shop.request("Go.")))
                .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.reason()).isEqualTo(
                        RefusalReason.NO_REMOTE))
                .hasMessageContaining("OUTRIDER_LLM_URL");
        assertThat(model.stats().refused()).containsExactly(Map.entry(RefusalReason.NO_REMOTE, 1L));
    }

    @Test
    void with_the_money_spent_a_valid_local_answer_of_small_effect_is_taken_and_marked() {
        Policy policy = policy("limit: 5.00", "limit: 0");
        CascadeChatModel model = cascade(
                        ScriptedSlm.answering(ScriptedSlm.call("get_order", "{\"order_id\":\"ORD-1\"}", 0.4)))
                .policy(policy)
                .build();
        ChatResponse response = model.chat(shop.request("Go."));
        Accept accept = (Accept) ((CascadeChatResponseMetadata) response.metadata()).decision();
        assertThat(accept.basis()).isEqualTo(Basis.BUDGET_EXHAUSTED);
        assertThat(accept.label()).isEqualTo("accept:BUDGET_EXHAUSTED");
        assertThat(escalation(onlyRecord()).reason()).isEqualTo(EscalationReason.LOW_CONFIDENCE);
        assertThat(sentToLlm).isEmpty();
        assertThat(model.stats().acceptedUnproved()).isEqualTo(1);
    }

    @Test
    void with_the_money_spent_a_heavy_or_invalid_local_answer_is_refused() {
        Policy policy = policy("limit: 5.00", "limit: 0");
        for (ChatResponse local : List.of(
                ScriptedSlm.call("cancel_order", "{\"order_id\":\"ORD-1\"}", 0.4),
                ScriptedSlm.call("get_order", "{}", 0.4),
                ScriptedSlm.call("nope", "{}", 0.99),
                ScriptedSlm.text("<tool_call>", 0.99))) {
            assertThatThrownBy(() -> cascade(ScriptedSlm.answering(local))
                            .policy(policy)
                            .build()
                            .chat(shop.request("Go.")))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(
                                    RefusalReason.BUDGET_EXHAUSTED));
        }
        Policy refuse = policy("limit: 5.00", "limit: 0", "on-exhausted: answer-locally", "on-exhausted: refuse");
        assertThatThrownBy(() -> cascade(ScriptedSlm.answering(ScriptedSlm.text("Hi.", 0.4)))
                        .policy(refuse)
                        .build()
                        .chat(shop.request("Go.")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("budget \"day\"");
        assertThat(sentToLlm).isEmpty();
    }

    @Test
    void an_llm_that_breaks_a_schema_gets_one_chance_to_repair() {
        List<ChatResponse> answers = new ArrayList<>(List.of(
                ChatResponse.builder().aiMessage(AiMessage.from(ScriptedSlm.toolCall("get_order", "{\"id\":1}")))
                        .build(),
                ChatResponse.builder()
                        .aiMessage(AiMessage.from(ScriptedSlm.toolCall("get_order", "{\"order_id\":\"ORD-1\"}")))
                        .build()));
        ChatModel clumsy = new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                sentToLlm.add(request);
                return answers.removeFirst();
            }
        };
        ChatResponse response = cascade(ScriptedSlm.answering(ScriptedSlm.text("x", 0.1)))
                .remote(clumsy)
                .build()
                .chat(shop.request("Go."));
        assertThat(response.aiMessage().toolExecutionRequests().getFirst().arguments()).contains("ORD-1");
        assertThat(remote(onlyRecord()).calls()).isEqualTo(2);
        assertThat(ledger.egresses()).hasSize(2);
        assertThat(sentToLlm.get(1).messages().getLast().toString()).contains("Not executed").contains("order_id");
    }

    @Test
    void an_llm_that_breaks_a_schema_twice_is_refused_and_both_answers_are_paid() {
        ChatModel hopeless = new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                return ChatResponse.builder()
                        .aiMessage(AiMessage.from(ScriptedSlm.toolCall("get_order", "{\"id\":1}")))
                        .tokenUsage(new TokenUsage(10, 10))
                        .build();
            }
        };
        CascadeChatModel model = cascade(ScriptedSlm.answering(ScriptedSlm.text("x", 0.1))).remote(hopeless).build();
        assertThatThrownBy(() -> model.chat(shop.request("Go.")))
                .isInstanceOfSatisfying(RefusedException.class, e -> {
                    assertThat(e.reason()).isEqualTo(RefusalReason.REMOTE_FAILED);
                    assertThat(e.getCause()).isInstanceOfSatisfying(
                            RemoteException.class,
                            cause -> assertThat(cause.kind()).isEqualTo(RemoteException.Kind.INVALID_ANSWER));
                });
        assertThat(onlyRecord().cost().remoteMicroUsd()).isEqualTo(2 * (25 + 100));
        assertThat(spent(model)).isEqualTo(257);
    }

    @Test
    void a_ledger_that_cannot_be_written_lets_nothing_leave() {
        Ledger full = record -> {
            throw new LedgerException("disk full");
        };
        assertThatThrownBy(() -> cascade(ScriptedSlm.answering(ScriptedSlm.text("Hi.", 0.99)))
                        .ledger(full)
                        .build()
                        .chat(shop.request("Go.")))
                .isInstanceOf(LedgerException.class);
        Ledger fullForEgress = new Ledger() {
            @Override
            public void append(DecisionRecord record) {
                throw new LedgerException("disk full");
            }

            @Override
            public void announce(EgressNotice notice) {
                throw new LedgerException("disk full");
            }
        };
        CascadeChatModel model = cascade(ScriptedSlm.answering(ScriptedSlm.text("Hi.", 0.1))).ledger(fullForEgress)
                .build();
        assertThatThrownBy(() -> model.chat(shop.request("Go."))).isInstanceOf(LedgerException.class);
        assertThat(sentToLlm).isEmpty();
        assertThat(leased(model)).isZero();
        assertThat(spent(model)).as("the SLM's part").isEqualTo(7);
    }

    @Test
    void an_interrupt_during_the_llm_call_cancels_it_and_gives_the_money_back() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        AtomicBoolean stopped = new AtomicBoolean();
        CountDownLatch ended = new CountDownLatch(1);
        ChatModel endless = new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                started.countDown();
                try {
                    Thread.sleep(60_000);
                } catch (InterruptedException e) {
                    stopped.set(true);
                }
                ended.countDown();
                return LLM_ANSWER;
            }
        };
        CascadeChatModel model =
                cascade(ScriptedSlm.answering(ScriptedSlm.text("x", 0.1))).remote(endless).build();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicBoolean flagKept = new AtomicBoolean();
        Thread caller = new Thread(() -> {
            try {
                model.chat(shop.request("Go."));
            } catch (RuntimeException e) {
                thrown.set(e);
                flagKept.set(Thread.currentThread().isInterrupted());
            }
        });
        caller.start();
        assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
        caller.interrupt();
        caller.join(10_000);
        assertThat(thrown.get())
                .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.reason()).isEqualTo(
                        RefusalReason.CANCELLED));
        assertThat(flagKept).isTrue();
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(stopped).isTrue();
        assertThat(leased(model)).isZero();
        assertThat(onlyRecord().decision().label()).isEqualTo("refuse:CANCELLED");
        // the prompt was on its way, so it is charged
        assertThat(remote(onlyRecord()).estimated()).isTrue();
    }

    @Test
    void an_interrupt_during_the_slm_ends_in_a_cancelled_query_and_nothing_leaves() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CascadeChatModel model = cascade(ScriptedSlm.doing(request -> {
                    Thread.currentThread().interrupt();
                    return ScriptedSlm.call("cancel_order", "{\"order_id\":\"ORD-1\"}", 0.999);
                }))
                .build();
        Thread caller = new Thread(() -> {
            try {
                model.chat(shop.request("Go."));
            } catch (RuntimeException e) {
                thrown.set(e);
            }
        });
        caller.start();
        caller.join(10_000);
        assertThat(thrown.get())
                .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.reason()).isEqualTo(
                        RefusalReason.CANCELLED));
        assertThat(sentToLlm).isEmpty();
    }
}
