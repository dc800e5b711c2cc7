package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import dev.outrider.router.policy.Policies;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.slm.SlmEngine;
import dev.outrider.tools.desk.Desk;

/** A tool loop that the LLM took over comes home to the real engine, which still knows what it had read of it. */
class ToolLoopStateTest extends CascadeFixture {

    private static final String STORY = "Good morning, this is about order ORD-48213 that my neighbour should have received for me"
            + " last week while I was travelling. Has it left the house yet?";

    @Test
    void what_the_slm_had_read_before_the_llm_took_over_is_not_read_again() {
        assumeTrue(
                SlmEngine.class.getResource("/dev/outrider/slm/models/desk.gguf") != null,
                "this build carries no embedded model");
        List<ChatResponse> answers = new ArrayList<>(List.of(
                ScriptedSlm.response(
                        AiMessage.from(ScriptedSlm.toolCall("track_shipment", "{\"order_id\":\"ORD-48213\"}")),
                        FinishReason.TOOL_EXECUTION,
                        1),
                ScriptedSlm.text("It has.", 1),
                ScriptedSlm.text("Good bye.", 1),
                ScriptedSlm.text("No.", 1)));
        ChatModel remote = new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                return answers.removeFirst();
            }
        };
        try (SlmEngine engine = SlmEngine.embedded();
                SlmChatModel slm = SlmChatModel.builder().engine(engine).build();
                Desk desk = Desk.inMemory();
                CascadeChatModel model = CascadeChatModel.builder()
                        .local(slm)
                        .remote(remote)
                        // whatever the SLM says is not sure enough: what matters is what it has to read
                        .policy(Policies.changed("min-probability: 0.80", "min-probability: 1", "min-probability: 0.90",
                                "min-probability: 1", "min-probability: 0.97", "min-probability: 1"))
                        .catalogue(desk.catalogue())
                        .ledger(ledger)
                        .build()) {
            List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from(STORY)));
            AiMessage call = ask(model, desk, messages).aiMessage();
            long read = local(ledger.records().getLast()).inputTokens();
            messages.add(call);
            messages.add(ToolExecutionResultMessage.from(call.toolExecutionRequests().getFirst(), "{\"status\":\"sent\"}"));
            messages.add(ask(model, desk, messages).aiMessage());
            assertThat(ledger.records().getLast().local()).as("the LLM goes on by itself").isNull();

            messages.add(UserMessage.from("Thank you."));
            long before = engine.prefixStats().reusedTokens();
            ask(model, desk, messages);
            long reused = engine.prefixStats().reusedTokens() - before;

            before = engine.prefixStats().reusedTokens();
            ask(model, desk, List.of(UserMessage.from("Is the shop open?")));
            long ofAnyConversation = engine.prefixStats().reusedTokens() - before;

            int story = engine.tokenizer().encode(STORY).length;
            assertThat(story).isGreaterThan(10);
            assertThat(reused)
                    .as("of %d tokens read, against %d that every conversation shares", read, ofAnyConversation)
                    .isGreaterThanOrEqualTo(ofAnyConversation + story)
                    .isLessThanOrEqualTo(read);
        }
    }

    private static ChatResponse ask(CascadeChatModel model, Desk desk, List<ChatMessage> messages) {
        return model.chat(
                ChatRequest.builder()
                        .messages(List.copyOf(messages))
                        .toolSpecifications(desk.catalogue().specifications())
                        .build(),
                CascadeAttributes.of("s-1", null, "desk").toOptions());
    }
}
