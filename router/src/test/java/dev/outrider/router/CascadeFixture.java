package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.policy.Policies;
import dev.outrider.router.policy.Policy;

/** A cascade over a scripted SLM, an LLM that always says the same, a shop and a ledger in memory. */
abstract class CascadeFixture {

    static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");
    static final ChatResponse LLM_ANSWER = ChatResponse.builder()
            .aiMessage(AiMessage.from("From the big one."))
            .modelName("big-1")
            .tokenUsage(new TokenUsage(1000, 100))
            .finishReason(FinishReason.STOP)
            .build();

    final Shop shop = new Shop();
    final InMemoryLedger ledger = new InMemoryLedger();
    final List<ChatRequest> sentToLlm = new CopyOnWriteArrayList<>();
    final ChatModel llm = new ChatModel() {
        @Override
        public ChatResponse doChat(ChatRequest request) {
            sentToLlm.add(request);
            return LLM_ANSWER;
        }
    };

    CascadeChatModel.Builder cascade(ChatModel slm) {
        return CascadeChatModel.builder()
                .local(slm)
                .remote(llm)
                .policy(Policies.typed())
                .catalogue(shop.catalogue)
                .ledger(ledger)
                .clock(() -> NOON);
    }

    static Policy policy(String... replacements) {
        return Policies.changed(replacements);
    }

    static long spent(CascadeChatModel model) {
        return model.budgets(CascadeAttributes.NONE).getFirst().spent();
    }

    static long leased(CascadeChatModel model) {
        return model.budgets(CascadeAttributes.NONE).getFirst().leased();
    }

    DecisionRecord onlyRecord() {
        assertThat(ledger.records()).hasSize(1);
        return ledger.records().getFirst();
    }

    static DecisionRecord.Local local(DecisionRecord record) {
        return Objects.requireNonNull(record.local());
    }

    static DecisionRecord.Remote remote(DecisionRecord record) {
        return Objects.requireNonNull(record.remote());
    }

    static Escalate escalation(DecisionRecord record) {
        return Objects.requireNonNull(record.escalation());
    }

    Escalate escalation(ChatResponse local, ChatRequest request) {
        ChatResponse response =
                cascade(ScriptedSlm.answering(local)).build().chat(request);
        assertThat(response.aiMessage().text()).isEqualTo(LLM_ANSWER.aiMessage().text());
        return (Escalate) ((CascadeChatResponseMetadata) response.metadata()).decision();
    }
}
