package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import dev.outrider.router.budget.BudgetState;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.Policy;
import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.slm.TokenScore;

/** What a policy grants in tokens of thought reaches the SLM, and what the SLM spends of it is charged. */
class CascadeThinkingTest extends CascadeFixture {

    /** Spends so many tokens of what it is granted, and notes the grants; 0 where it must not think. */
    private static final class Thinker implements ChatModel {
        private final List<Integer> granted = new ArrayList<>();
        private int wanted = 40;

        @Override
        public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
            int may = options.listenerAttributes().get(CascadeAttributes.MAX_THINK_TOKENS) instanceof Integer most ? most : 0;
            granted.add(may);
            List<TokenScore> scores = List.of(new TokenScore(1, "Yes.", -0.001, 1, true));
            return ChatResponse.builder()
                    .aiMessage(AiMessage.from("Yes."))
                    .metadata(SlmChatResponseMetadata.builder()
                            .modelName("desk-slm")
                            .tokenUsage(new TokenUsage(40, 1 + Math.min(may, wanted)))
                            .finishReason(FinishReason.STOP)
                            .evidence(new TokenEvidence(scores, 40, Math.min(may, wanted), 0.1, 0.1))
                            .build())
                    .build();
        }
    }

    private static Policy policy(String mode) {
        return CascadeFixture.policy(
                "    target-risk: 0.05\n",
                "    target-risk: 0.05\n    thinking: " + mode + "\n    max-think-tokens: 64\n",
                "budgets:\n",
                """
                thinking-credits: {capacity: 100, refill-per-second: 0}
                budgets:
                  - {name: thoughts, unit: thinking-tokens, limit: 130}
                """);
    }

    private static BudgetState thoughts(CascadeChatModel model) {
        return model.budgets(CascadeAttributes.NONE).stream()
                .filter(state -> state.rule().name().equals("thoughts"))
                .findFirst()
                .orElseThrow();
    }

    private CascadeChatModel model(Thinker slm, String mode) {
        return cascade(slm).policy(policy(mode)).build();
    }

    @Test
    void off_grants_nothing() {
        Thinker slm = new Thinker();
        CascadeChatModel model = model(slm, "off");
        model.chat(shop.request("Is it?"));
        assertThat(slm.granted).containsExactly(0);
        assertThat(thoughts(model).spent()).isZero();
    }

    @Test
    void on_grants_what_the_workload_says_as_long_as_the_budget_covers_it() {
        Thinker slm = new Thinker();
        CascadeChatModel model = model(slm, "on");
        model.chat(shop.request("Is it?"));
        model.chat(shop.request("Is it really?"));
        assertThat(slm.granted).containsExactly(64, 64);
        assertThat(thoughts(model).spent()).as("what was thought, not what was granted").isEqualTo(80);
        assertThat(thoughts(model).leased()).isZero();
        assertThatThrownBy(() -> model.chat(shop.request("Is it?")))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.reason()).isEqualTo(RefusalReason.BUDGET_EXHAUSTED))
                .hasMessageContaining("budget \"thoughts\"");
        assertThat(slm.granted).as("it was not asked").hasSize(2);
    }

    @Test
    void auto_grants_what_the_credits_have_left_and_then_the_slm_answers_without_a_thought() {
        Thinker slm = new Thinker();
        CascadeChatModel model = model(slm, "auto");
        model.chat(shop.request("Is it?"));
        slm.wanted = 1000;
        model.chat(shop.request("Is it?"));
        model.chat(shop.request("Is it?"));
        assertThat(slm.granted).as("of 100, of 100 - 40, of nothing").containsExactly(64, 60, 0);
        assertThat(thoughts(model).spent()).isEqualTo(100);
        assertThat(ledger.records()).allMatch(DecisionRecord::answeredLocally);
    }
}
