package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import dev.langchain4j.model.output.FinishReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;
import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.JsonLinesLedger;
import dev.outrider.router.ledger.LedgerException;
import dev.outrider.router.policy.Policy;
import dev.outrider.slm.TokenScore;
import dev.outrider.tools.SideEffect;

class CascadeChatModelTest extends CascadeFixture {

    @Test
    void a_sure_and_valid_local_call_is_accepted_and_nothing_reaches_the_llm() {
        ChatResponse local = ScriptedSlm.call("get_order", "{\"order_id\":\"ORD-1\"}", 0.95);
        CascadeChatModel model = cascade(ScriptedSlm.answering(local)).build();

        ChatResponse response = model.chat(shop.request("Where is ORD-1?"));

        assertThat(response.aiMessage().toolExecutionRequests())
                .isEqualTo(local.aiMessage().toolExecutionRequests());
        assertThat(sentToLlm).isEmpty();
        CascadeChatResponseMetadata metadata = (CascadeChatResponseMetadata) response.metadata();
        assertThat(metadata.decision()).isInstanceOfSatisfying(Accept.class, accept -> {
            assertThat(accept.confidence()).isCloseTo(0.95, offset(1e-9));
            assertThat(accept.basis()).isEqualTo(Basis.TYPED_THRESHOLD);
        });
        assertThat(metadata.modelName()).isEqualTo("desk-slm");
        assertThat(metadata.localEvidence()).isPresent();
        assertThat(metadata.record()).isEqualTo(onlyRecord());
        DecisionRecord record = onlyRecord();
        assertThat(record.at()).isEqualTo(NOON);
        assertThat(record.effect()).isEqualTo(SideEffect.READ);
        assertThat(record.threshold()).isEqualTo(0.80);
        assertThat(record.remote()).isNull();
        // 0.25 s at $0.10 an hour
        assertThat(record.cost()).isEqualTo(new DecisionRecord.Cost(7, 0, 0));
    }

    @Test
    void the_threshold_grows_with_the_effect_of_the_call() {
        String order = "{\"order_id\":\"ORD-1\"}";
        String refund = "{\"order_id\":\"ORD-1\",\"amount\":5}";
        assertThat(decide(ScriptedSlm.call("get_order", order, 0.85)).label()).isEqualTo("accept");
        assertThat(decide(ScriptedSlm.call("cancel_order", order, 0.85)).label()).isEqualTo("escalate:LOW_CONFIDENCE");
        assertThat(decide(ScriptedSlm.call("cancel_order", order, 0.92)).label()).isEqualTo("accept");
        assertThat(decide(ScriptedSlm.call("refund_order", refund, 0.92)).label()).isEqualTo("escalate:LOW_CONFIDENCE");
        assertThat(decide(ScriptedSlm.call("refund_order", refund, 0.98)).label()).isEqualTo("accept");
        assertThat(decide(ScriptedSlm.text("Hello.", 0.85)).label()).isEqualTo("accept");
    }

    @Test
    void a_tool_that_the_catalogue_does_not_know_counts_as_heaviest() {
        ChatResponse local = ScriptedSlm.call("get_order", "{\"order_id\":\"ORD-1\"}", 0.92);
        ChatResponse response =
                cascade(ScriptedSlm.answering(local)).catalogue(null).build().chat(shop.request("Where?"));
        assertThat(((CascadeChatResponseMetadata) response.metadata()).decision().label())
                .isEqualTo("escalate:LOW_CONFIDENCE");
        assertThat(onlyRecord().effect()).isEqualTo(SideEffect.MONEY);
    }

    private Decision decide(ChatResponse local) {
        ChatResponse response = cascade(ScriptedSlm.answering(local)).build().chat(shop.request("Please."));
        return ((CascadeChatResponseMetadata) response.metadata()).decision();
    }

    @Test
    void an_unknown_tool_escalates() {
        Escalate escalate = escalation(ScriptedSlm.call("fly_home", "{}", 0.999), shop.request("Go."));
        assertThat(escalate.reason()).isEqualTo(EscalationReason.UNKNOWN_TOOL);
        assertThat(escalate.detail()).contains("fly_home");
    }

    @Test
    void invalid_arguments_escalate_and_the_detail_names_them() {
        Escalate escalate = escalation(ScriptedSlm.call("get_order", "{\"order\":\"ORD-1\"}", 0.999),
                shop.request("Go."));
        assertThat(escalate.reason()).isEqualTo(EscalationReason.INVALID_ARGUMENTS);
        assertThat(escalate.detail()).contains("order_id").doesNotContain("\n");
    }

    @Test
    void one_bad_call_among_good_ones_spoils_the_answer() {
        AiMessage two = AiMessage.from(
                ScriptedSlm.toolCall("get_order", "{\"order_id\":\"ORD-1\"}"),
                        ScriptedSlm.toolCall("get_order", "{oops"));
        Escalate escalate =
                escalation(ScriptedSlm.response(two, FinishReason.TOOL_EXECUTION, 0.999), shop.request("Go."));
        assertThat(escalate.reason()).isEqualTo(EscalationReason.INVALID_ARGUMENTS);
    }

    @Test
    void what_changes_the_world_is_not_done_twice_by_a_stutter() {
        Escalate escalate = escalation(
                twice("refund_order", "{\"order_id\":\"ORD-1\",\"amount\":5}", "{\"amount\": 5, \"order_id\": \"ORD-1\"}"), shop.request("Refund."));
        assertThat(escalate.reason()).isEqualTo(EscalationReason.INVALID_ARGUMENTS);
        assertThat(escalate.detail()).contains("refund_order: The same call is made twice.");
        assertThat(decide(twice("refund_order", "{\"order_id\":\"ORD-1\",\"amount\":5}", "{\"order_id\":\"ORD-2\",\"amount\":5}")).label())
                .isEqualTo("accept");
        assertThat(decide(twice("get_order", "{\"order_id\":\"ORD-1\"}", "{\"order_id\":\"ORD-1\"}")).label()).isEqualTo("accept");
    }

    private static ChatResponse twice(String tool, String first, String second) {
        AiMessage two = AiMessage.from(ScriptedSlm.toolCall(tool, first), ScriptedSlm.toolCall(tool, second));
        return ScriptedSlm.response(two, FinishReason.TOOL_EXECUTION, 0.999);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<tool_call>{\"name\":\"get_order\"",
                "{\"name\":\"get_order\",\"arguments\":{\"order_id\":\"ORD-1\"}}",
                "Sure! {\"name\": \"get_order\", \"arguments\": {}}",
                "```json\n{\"name\":\"whatever\",\"parameters\":{}}\n```",
                "get_order(order_id=\"ORD-1\")",
                "[get_order(order_id=\"ORD-1\")]",
                "[TOOL_CALLS][{\"name\":\"x\"}]"
            })
    void a_call_that_leaked_into_the_text_escalates(String text) {
        Escalate escalate = escalation(ScriptedSlm.text(text, 0.999), shop.request("Go."));
        assertThat(escalate.reason()).isEqualTo(EscalationReason.MALFORMED_ANSWER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Order ORD-1 is shipped (since Monday).",
                "The set {1, 2} has two members.",
                "I cannot do that with my tools.",
                "{\"total\": 3}"
            })
    void ordinary_text_is_no_leaked_call(String text) {
        assertThat(decide(ScriptedSlm.text(text, 0.999)).label()).isEqualTo("accept");
    }

    @Test
    void an_answer_that_began_a_call_and_did_not_parse_escalates() {
        ChatResponse local = ScriptedSlm.response(AiMessage.from("Hm"), FinishReason.OTHER, 0.999);
        assertThat(escalation(local, shop.request("Go.")).reason()).isEqualTo(EscalationReason.MALFORMED_ANSWER);
    }

    @Test
    void a_cut_off_answer_escalates() {
        ChatResponse local = ScriptedSlm.response(AiMessage.from("Once upon"), FinishReason.LENGTH, 0.999);
        assertThat(escalation(local, shop.request("Go.")).reason()).isEqualTo(EscalationReason.LOCAL_FAILED);
    }

    @Test
    void text_where_a_call_is_required_escalates() {
        ChatRequest request = shop.request("Go.").toBuilder().toolChoice(ToolChoice.REQUIRED).build();
        assertMalformedForBoth(request);
    }

    /** The SLM's text goes to the LLM, and the LLM's text, which is no better, goes to nobody. */
    private void assertMalformedForBoth(ChatRequest request) {
        CascadeChatModel model =
                cascade(ScriptedSlm.answering(ScriptedSlm.text("No.", 0.999))).build();
        assertThatThrownBy(() -> model.chat(request)).isInstanceOfSatisfying(RefusedException.class, e -> {
            assertThat(e.reason()).isEqualTo(RefusalReason.REMOTE_FAILED);
            assertThat(escalation(e.record()).reason()).isEqualTo(EscalationReason.MALFORMED_ANSWER);
        });
    }

    @Test
    void prose_where_json_is_required_escalates_and_json_is_taken() {
        ChatRequest request = shop.request("Go.").toBuilder().responseFormat(ResponseFormat.JSON).build();
        assertMalformedForBoth(request);
        ChatResponse json = cascade(ScriptedSlm.answering(ScriptedSlm.text("{\"a\":1}", 0.999)))
                .build()
                .chat(request);
        assertThat(json.aiMessage().text()).isEqualTo("{\"a\":1}");
    }

    @Test
    void a_failing_slm_escalates_and_says_why_in_one_line() {
        CascadeChatModel model = cascade(ScriptedSlm.failing(new IllegalStateException("boom\nat line 2"))).build();
        ChatResponse response = model.chat(shop.request("Go."));
        assertThat(((CascadeChatResponseMetadata) response.metadata()).decision())
                .isEqualTo(new Escalate(EscalationReason.LOCAL_FAILED, "boom at line 2"));
        assertThat(onlyRecord().local()).isNotNull();
        assertThat(local(onlyRecord()).error()).isEqualTo("boom at line 2");
    }

    @Test
    void an_answer_without_evidence_escalates() {
        ChatResponse bare = ChatResponse.builder().aiMessage(AiMessage.from("Hello.")).build();
        assertThat(escalation(bare, shop.request("Go.")).reason()).isEqualTo(EscalationReason.NO_EVIDENCE);
        ChatResponse undecided = ScriptedSlm.response(
                AiMessage.from("Hello."), FinishReason.STOP, List.of(new TokenScore(1, "Hello.", 0, 1, false)));
        assertThat(escalation(undecided, shop.request("Go.")).reason()).isEqualTo(EscalationReason.NO_EVIDENCE);
    }

    @Test
    void a_policy_may_keep_answers_out_of_the_ledger() {
        cascade(ScriptedSlm.answering(ScriptedSlm.text("secret", 0.1)))
                .policy(policy("keep-answers: true", "keep-answers: false"))
                .build()
                .chat(shop.request("Go."));
        assertThat(onlyRecord().toString()).doesNotContain("secret").doesNotContain("From the big one.");
    }

    @Test
    void a_query_whose_record_meets_a_full_disk_gets_no_answer() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "this system has no /dev/full");
        try (JsonLinesLedger ledger = JsonLinesLedger.open(full)) {
            CascadeChatModel model = cascade(ScriptedSlm.answering(
                            ScriptedSlm.call("refund_order", "{\"order_id\":\"ORD-1\",\"amount\":5}", 0.999)))
                    .ledger(ledger)
                    .build();
            assertThatThrownBy(() -> model.chat(shop.request("Refund."))).isInstanceOf(LedgerException.class);
            assertThat(model.stats()).isEqualTo(RoutingStats.EMPTY);
        }
    }

    @Test
    void workloads_escalate_refuse_and_keep_local_the_first_decides_and_privacy_goes_by_the_strictest() {
        Policy policy = policy(
                "  - name: money",
                """
                  - {name: weapons, match: {request-matches: 'rifle'}, then: refuse}
                  - {name: law, match: {request-matches: '(?i)lawyer'}, then: escalate}
                  - {name: private, match: {request-matches: 'diagnosis'}, egress: local-only}
                  - {name: long, match: {min-messages: 3, offers-any: [get_order]}, then: escalate}
                  - name: money
                """.stripTrailing());
        ScriptedSlm slm = ScriptedSlm.answering(ScriptedSlm.text("Unsure.", 0.3));
        CascadeChatModel model = cascade(slm).policy(policy).build();

        ChatResponse law = model.chat(shop.request("My Lawyer says"));
        assertThat(((CascadeChatResponseMetadata) law.metadata()).decision().label()).isEqualTo("escalate:RULE");
        assertThat(slm.requests).isEmpty();
        assertThat(ledger.records().getLast().rule()).isEqualTo("law");
        assertThat(ledger.records().getLast().local()).isNull();

        assertThatThrownBy(() -> model.chat(shop.request("lawyer, diagnosis")))
                .isInstanceOfSatisfying(RefusedException.class, e -> {
                    assertThat(e.reason()).isEqualTo(RefusalReason.RULE);
                    assertThat(e.record().rule()).isEqualTo("private");
                    assertThat(escalation(e.record()).reason()).isNotNull();
                });
        assertThat(slm.requests).as("the house has but the SLM").hasSize(1);
        assertThatThrownBy(() -> model.chat(shop.request("lawyer, diagnosis, rifle")))
                .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.record().local()).isNull());
        assertThat(sentToLlm).hasSize(1);

        List<ChatMessage> messages = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            messages.add(UserMessage.from("m" + i));
        }
        model.chat(shop.request("x").toBuilder().messages(messages).build());
        assertThat(ledger.records().getLast().rule()).isEqualTo("long");
    }

    @Test
    void parameters_that_mean_one_model_are_left_out_and_the_others_reach_both_tiers() {
        ScriptedSlm slm = ScriptedSlm.answering(ScriptedSlm.text("x", 0.1));
        ChatRequest request = shop.request("Go.").toBuilder()
                .parameters(OpenAiChatRequestParameters.builder()
                        .modelName("gpt-x")
                        .seed(7)
                        .temperature(0.3)
                        .toolSpecifications(shop.tools())
                        .build())
                .build();
        cascade(slm).build().chat(request);
        for (ChatRequestParameters sent : List.of(
                slm.requests.getFirst().parameters(), sentToLlm.getFirst().parameters())) {
            assertThat(sent.getClass()).isEqualTo(DefaultChatRequestParameters.class);
            assertThat(sent.modelName()).isNull();
            assertThat(sent.temperature()).isEqualTo(0.3);
            assertThat(sent.toolSpecifications()).hasSize(3);
        }
        assertThat(sentToLlm.getFirst().parameters().maxOutputTokens()).isEqualTo(1024);
    }

    @Test
    void listeners_see_one_query_and_attributes_reach_both_tiers_and_the_record() {
        List<String> events = new CopyOnWriteArrayList<>();
        AtomicReference<Object> seenByTier = new AtomicReference<>();
        ChatModelListener listener = new ChatModelListener() {
            @Override
            public void onRequest(ChatModelRequestContext context) {
                events.add("request");
                context.attributes().put("begun", true);
                throw new IllegalStateException("a listener's own fault");
            }

            @Override
            public void onResponse(ChatModelResponseContext context) {
                events.add("response " + context.attributes().get("begun") + " " + context.chatResponse().aiMessage()
                        .text());
            }

            @Override
            public void onError(ChatModelErrorContext context) {
                events.add("error " + context.error().getClass().getSimpleName());
            }
        };
        ChatModel watched = new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                return LLM_ANSWER;
            }

            @Override
            public List<ChatModelListener> listeners() {
                return List.of(new ChatModelListener() {
                    @Override
                    public void onRequest(ChatModelRequestContext context) {
                        seenByTier.set(context.attributes().get(CascadeAttributes.SESSION));
                    }
                });
            }
        };
        CascadeChatModel model = cascade(ScriptedSlm.answering(ScriptedSlm.text("x", 0.1)))
                .remote(watched)
                .listeners(List.of(listener))
                .build();
        ChatRequestOptions options = CascadeAttributes.of("s-1", "q-2", "desk").toOptions();
        model.chat(shop.request("Go."), options);
        assertThat(events).containsExactly("request", "response true From the big one.");
        assertThat(seenByTier.get()).isEqualTo("s-1");
        assertThat(onlyRecord().session()).isEqualTo("s-1");
        assertThat(onlyRecord().query()).isEqualTo("q-2");
        assertThat(onlyRecord().label()).isEqualTo("desk");
        assertThat(model.defaultRequestParameters()).isEqualTo(DefaultChatRequestParameters.EMPTY);
    }

    @Test
    void statistics_add_up() {
        CascadeChatModel model = cascade(ScriptedSlm.doing(request -> {
                    String text = request.messages().getLast().toString();
                    return ScriptedSlm.text("Hi.", text.contains("sure") ? 0.99 : 0.1);
                }))
                .build();
        model.chat(shop.request("sure"));
        model.chat(shop.request("sure"));
        model.chat(shop.request("hm"));
        RoutingStats stats = model.stats();
        assertThat(stats.queries()).isEqualTo(3);
        assertThat(stats.accepted()).isEqualTo(2);
        assertThat(stats.escalated()).containsExactly(Map.entry(EscalationReason.LOW_CONFIDENCE, 1L));
        assertThat(stats.localShare()).isCloseTo(2 / 3.0, offset(1e-12));
        assertThat(stats.remoteMicroUsd()).isEqualTo(3500);
        assertThat(stats.failedLocalMicroUsd()).isEqualTo(7);
    }

    @Test
    void what_must_be_set_is_asked_for_by_name() {
        assertThatThrownBy(() -> CascadeChatModel.builder().ledger(ledger).build()).hasMessageContaining("local");
        assertThatThrownBy(() -> CascadeChatModel.builder().local(llm).build()).hasMessageContaining("ledger");
    }
}
