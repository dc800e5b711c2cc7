package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.ledger.LedgerException;
import dev.outrider.router.remote.RelayingChatModel;
import dev.outrider.router.remote.RemoteException;

class CascadeStreamingChatModelTest extends CascadeFixture {

    private static final ChatResponse UNSURE = ScriptedSlm.text("a rejected draft", 0.1);

    private static CascadeStreamingChatModel streaming(CascadeChatModel.Builder cascade) {
        return CascadeStreamingChatModel.of(cascade.build());
    }

    private CascadeStreamingChatModel escalating(BiConsumer<ChatRequest, StreamingChatResponseHandler> llmStream) {
        return streaming(cascade(ScriptedSlm.answering(UNSURE)).remote(both(llmStream)));
    }

    /** The fixture's LLM with a stream beside it. */
    private ChatModel both(BiConsumer<ChatRequest, StreamingChatResponseHandler> llmStream) {
        return new RelayingChatModel(llm, new StreamingChatModel() {
            @Override
            public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
                sentToLlm.add(request);
                llmStream.accept(request, handler);
            }
        });
    }

    private static ChatResponse complete(AiMessage message) {
        return ChatResponse.builder()
                .aiMessage(message)
                .modelName("big-1")
                .tokenUsage(new TokenUsage(10, 10))
                .finishReason(message.hasToolExecutionRequests() ? FinishReason.TOOL_EXECUTION : FinishReason.STOP)
                .build();
    }

    private Told ask(StreamingChatModel model, ChatRequest request) {
        Told told = new Told();
        model.chat(request, told);
        return told.awaited();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new CancellationException("interrupted");
        }
    }

    @Test
    void an_accepted_local_answer_leaves_in_pieces_after_its_record() {
        CascadeStreamingChatModel model =
                streaming(cascade(ScriptedSlm.answering(ScriptedSlm.text("Your order\nhas left. ", 0.99))));
        Told told = new Told((t, event) -> assertThat(ledger.records()).hasSize(1));
        model.chat(shop.request("Where is it?"), told);
        told.awaited();

        assertThat(told.error()).isNull();
        assertThat(told.events.subList(0, told.events.size() - 1)).containsExactly("Your", " order", "\nhas", " left. ");
        assertThat(told.response()).isNotNull();
        assertThat(sentToLlm).isEmpty();
    }

    @Test
    void an_accepted_call_leaves_complete_and_the_metadata_say_how_long_it_was_held() {
        ChatResponse call = ScriptedSlm.call("get_order", "{\"order_id\":\"ORD-1\"}", 0.99);
        Told told = ask(streaming(cascade(ScriptedSlm.answering(call))), shop.request("Where is it?"));

        assertThat(told.text()).isEmpty();
        assertThat(told.calls()).singleElement().satisfies(c -> {
            assertThat(c.index()).isZero();
            assertThat(c.toolExecutionRequest()).isEqualTo(call.aiMessage().toolExecutionRequests().getFirst());
        });
        ChatResponse response = Objects.requireNonNull(told.response());
        CascadeChatResponseMetadata metadata = (CascadeChatResponseMetadata) response.metadata();
        assertThat(metadata.decision()).isInstanceOf(Accept.class);
        assertThat(metadata.heldMillis()).isPresent();
        assertThat(onlyRecord().heldMillis()).isEqualTo(metadata.heldMillis().getAsLong());
    }

    @Test
    void an_answer_that_is_not_streamed_was_not_held() {
        ChatResponse response =
                cascade(ScriptedSlm.answering(UNSURE)).build().chat(shop.request("Go."));
        assertThat(((CascadeChatResponseMetadata) response.metadata()).heldMillis()).isEmpty();
        assertThat(onlyRecord().heldMillis()).isNull();
    }

    @Test
    void of_an_llm_that_cannot_stream_the_complete_answer_leaves_in_pieces() {
        Told told = ask(streaming(cascade(ScriptedSlm.answering(UNSURE))), shop.request("Go."));
        assertThat(told.text()).isEqualTo("From the big one.");
        assertThat(told.events).hasSize(5);
    }

    @Test
    void the_text_of_the_llm_leaves_while_it_is_still_writing() {
        CountDownLatch seen = new CountDownLatch(1);
        CascadeStreamingChatModel model = escalating((request, handler) -> {
            handler.onPartialResponse("It ");
            handler.onPartialResponse("left");
            await(seen);
            handler.onPartialResponse(" today.");
            handler.onCompleteResponse(complete(AiMessage.from("It left today.")));
        });
        Told told = new Told((t, event) -> seen.countDown());
        model.chat(shop.request("Go."), told);
        told.awaited();
        assertThat(told.text()).isEqualTo("It left today.");
        assertThat(told.events.getFirst()).isEqualTo("It left");
        assertThat(onlyRecord().decision()).isInstanceOf(Decision.Escalate.class);
        assertThat(onlyRecord().heldMillis()).isNotNull();
    }

    @Test
    void a_call_of_the_llm_leaves_only_after_its_record() {
        AiMessage call = AiMessage.from("I look.", List.of(ScriptedSlm.toolCall("get_order", "{\"order_id\":\"ORD-1\"}")));
        CascadeStreamingChatModel model = escalating((request, handler) -> {
            handler.onPartialResponse("I look.");
            handler.onCompleteResponse(complete(call));
        });
        Told told = new Told((t, event) -> {
            if (!(event instanceof PartialResponseContext)) {
                assertThat(ledger.records()).as("at " + event).hasSize(1);
            }
        });
        model.chat(shop.request("Go."), told);
        told.awaited();
        assertThat(told.error()).isNull();
        assertThat(told.calls()).hasSize(1);
    }

    @Test
    void when_a_call_is_wrong_after_text_has_left_the_stream_ends_in_an_error_and_not_in_another_answer() {
        CascadeStreamingChatModel model = escalating((request, handler) -> {
            handler.onPartialResponse("I cancel it.");
            handler.onCompleteResponse(complete(AiMessage.from(
                    "I cancel it.", List.of(ScriptedSlm.toolCall("cancel_order", "{\"order\":1}")))));
        });
        Told told = ask(model, shop.request("Go."));
        assertThat(told.calls()).isEmpty();
        assertThat(told.response()).isNull();
        assertThat(told.error()).isInstanceOf(RefusedException.class).hasMessageContaining("part of its text had left");
        assertThat(told.refused().getMessage()).doesNotContain("\n");
        assertThat(sentToLlm).hasSize(1);
        assertThat(onlyRecord().cost().remoteMicroUsd()).isPositive();
    }

    @Test
    void when_a_call_is_wrong_and_nothing_has_left_it_is_repaired() {
        CascadeStreamingChatModel model = escalating((request, handler) -> handler.onCompleteResponse(complete(
                AiMessage.from(ScriptedSlm.toolCall(
                        "cancel_order", sentToLlm.size() == 1 ? "{\"order\":1}" : "{\"order_id\":\"ORD-1\"}")))));
        Told told = ask(model, shop.request("Go."));
        assertThat(told.error()).isNull();
        assertThat(told.calls()).hasSize(1);
        assertThat(sentToLlm).hasSize(2);
    }

    @Test
    void a_stream_that_breaks_off_after_text_has_left_ends_in_one_error_and_is_charged() {
        CascadeStreamingChatModel model = escalating((request, handler) -> {
            handler.onPartialResponse("It left and then");
            handler.onError(new java.io.UncheckedIOException(new java.io.IOException("connection reset")));
            handler.onPartialResponse(" more after the error");
            handler.onCompleteResponse(complete(AiMessage.from("It left and then")));
        });
        Told told = ask(model, shop.request("Go."));
        assertThat(told.text()).isEqualTo("It left and then");
        assertThat(told.response()).isNull();
        assertThat(told.error()).isInstanceOf(RefusedException.class).hasMessageContaining("broke off").hasMessageContaining("connection reset");
        assertThat(told.fault().kind()).isEqualTo(RemoteException.Kind.BROKEN_OFF);
        assertThat(sentToLlm).as("no second attempt").hasSize(1);
        assertThat(onlyRecord().cost().remoteMicroUsd()).isPositive();
    }

    @Test
    void a_stream_that_breaks_before_its_first_token_is_tried_again() {
        CascadeStreamingChatModel model = CascadeStreamingChatModel.of(cascade(ScriptedSlm.answering(UNSURE))
                .policy(policy("first-wait: 500ms", "first-wait: 1ms"))
                .remote(both((request, handler) -> {
                    if (sentToLlm.size() == 1) {
                        handler.onError(new java.io.UncheckedIOException(new java.io.IOException("connection reset")));
                    } else {
                        handler.onPartialResponse("It is here.");
                        handler.onCompleteResponse(complete(AiMessage.from("It is here.")));
                    }
                }))
                .build());
        Told told = ask(model, shop.request("Go."));
        assertThat(told.error()).isNull();
        assertThat(told.text()).isEqualTo("It is here.");
        assertThat(sentToLlm).hasSize(2);
    }

    @Test
    void a_stream_that_ends_without_saying_that_it_is_complete_is_no_answer() {
        CascadeStreamingChatModel model = escalating((request, handler) -> {
            handler.onPartialResponse("It left and");
            handler.onCompleteResponse(ChatResponse.builder().aiMessage(AiMessage.from("It left and")).build());
        });
        Told told = ask(model, shop.request("Go."));
        assertThat(told.response()).isNull();
        assertThat(told.error()).hasMessageContaining("broke off");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void text_that_can_only_be_checked_as_a_whole_is_held(boolean json) {
        ChatRequest request = json
                ? ChatRequest.builder().messages(shop.request("Go.").messages()).responseFormat(ResponseFormat.JSON).build()
                : ChatRequest.builder()
                        .messages(shop.request("Go.").messages())
                        .toolSpecifications(shop.tools())
                        .toolChoice(ToolChoice.REQUIRED)
                        .build();
        CascadeStreamingChatModel model = escalating((r, handler) -> {
            throw new AssertionError("streamed");
        });
        Told told = ask(model, request);
        assertThat(told.text()).isEmpty();
        assertThat(told.error()).isInstanceOf(RefusedException.class);
    }

    @Test
    void a_call_written_as_text_never_leaves() {
        CascadeStreamingChatModel model = escalating((request, handler) -> {
            String text = "Sure. <tool_call>{\"name\":\"get_order\"}</tool_call>";
            for (char c : text.toCharArray()) {
                handler.onPartialResponse(String.valueOf(c));
            }
            handler.onCompleteResponse(complete(AiMessage.from(text)));
        });
        Told told = ask(model, shop.request("Go."));
        assertThat(told.text()).isEqualTo("Sure. ");
        assertThat(told.response()).isNull();
        assertThat(told.error()).isInstanceOf(RefusedException.class);
    }

    @Test
    void a_ledger_that_cannot_write_lets_nothing_local_leave() {
        Ledger full = record -> {
            throw new LedgerException("disk full");
        };
        Told told = ask(
                streaming(cascade(ScriptedSlm.answering(ScriptedSlm.text("Sure.", 0.999))).ledger(full)),
                shop.request("Go."));
        assertThat(told.events).singleElement().isInstanceOf(LedgerException.class);
    }

    @Test
    void cancelling_before_the_first_token_stops_the_slm_and_tells_nothing_more() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        ScriptedSlm slm = ScriptedSlm.doing(request -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                stopped.countDown();
            }
            throw new CancellationException("stopped");
        });
        CountDownLatch written = new CountDownLatch(1);
        CascadeStreamingChatModel model = streaming(cascade(slm).ledger(record -> {
            ledger.append(record);
            written.countDown();
        }));
        Told told = new Told();
        StreamingHandle handle = model.start(shop.request("Go."), ChatRequestOptions.EMPTY, told);
        await(begun);
        assertThat(handle.isCancelled()).isFalse();
        handle.cancel();
        handle.cancel();
        await(stopped);
        await(written);
        assertThat(handle.isCancelled()).isTrue();
        assertThat(told.events).isEmpty();
        assertThat(onlyRecord().decision())
                .isInstanceOfSatisfying(Decision.Refuse.class, r -> assertThat(r.reason()).isEqualTo(RefusalReason.CANCELLED));
        assertThat(sentToLlm).isEmpty();
    }

    @Test
    void cancelling_in_the_middle_cancels_the_stream_of_the_llm_and_gives_the_lease_back() {
        CountDownLatch cancelledBelow = new CountDownLatch(1);
        CountDownLatch written = new CountDownLatch(1);
        StreamingHandle below = new StreamingHandle() {
            @Override
            public void cancel() {
                cancelledBelow.countDown();
            }

            @Override
            public boolean isCancelled() {
                return cancelledBelow.getCount() == 0;
            }
        };
        // an asynchronous model: it returns at once and goes on writing
        CascadeChatModel cascade = cascade(ScriptedSlm.answering(UNSURE))
                .ledger(record -> {
                    ledger.append(record);
                    written.countDown();
                })
                .remote(both((request, handler) -> Thread.startVirtualThread(() -> {
                    while (!below.isCancelled()) {
                        handler.onPartialResponse(new PartialResponse("word and "), new PartialResponseContext(below));
                    }
                })))
                .build();
        Told told = new Told((t, event) -> {
            if (t.events.size() == 5) {
                ((PartialResponseContext) event).streamingHandle().cancel();
            }
        });
        CascadeStreamingChatModel.of(cascade).chat(shop.request("Go."), told);
        await(cancelledBelow);
        await(written);
        assertThat(told.events).hasSize(5).allMatch(String.class::isInstance);
        assertThat(cascade.budgets(CascadeAttributes.NONE).getFirst().leased()).isZero();
        DecisionRecord record = onlyRecord();
        assertThat(record.decision().label()).isEqualTo("refuse:CANCELLED");
        assertThat(record.cost().remoteMicroUsd()).as("what it wrote is charged").isPositive();
    }

    @Test
    void what_a_handler_throws_is_told_to_its_on_error_and_the_stream_goes_on() {
        Told told = new Told((t, event) -> {
            if (event instanceof PartialResponseContext) {
                throw new IllegalStateException("handler");
            }
        });
        streaming(cascade(ScriptedSlm.answering(ScriptedSlm.text("Two words", 0.99)))).chat(shop.request("Go."), told);
        told.awaited();
        assertThat(told.response()).isNotNull();
        assertThat(told.events.stream().filter(IllegalStateException.class::isInstance)).hasSize(2);
    }

    @Test
    void listener_attributes_reach_the_ledger_and_no_relay_reaches_the_slm() {
        ScriptedSlm slm = ScriptedSlm.answering(UNSURE);
        Told told = new Told();
        streaming(cascade(slm)).chat(shop.request("Go."), CascadeAttributes.of("s", "q", "w").toOptions(), told);
        told.awaited();
        DecisionRecord record = onlyRecord();
        assertThat(List.of(record.session(), record.query(), record.label())).containsExactly("s", "q", "w");
    }
}
