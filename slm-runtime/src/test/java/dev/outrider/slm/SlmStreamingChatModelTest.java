package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

@Timeout(60)
class SlmStreamingChatModelTest {

    private static final ToolSpecification GET_ORDER = ToolSpecification.builder()
            .name("get_order")
            .parameters(JsonObjectSchema.builder().addStringProperty("order_id").required("order_id").build())
            .build();

    private final Tokenizer tokenizer = TestVocabulary.outrider();

    /** Collects what it is told. */
    private static class Heard implements StreamingChatResponseHandler {
        final List<String> text = new ArrayList<>();
        final List<String> thinking = new ArrayList<>();
        final List<PartialToolCall> parts = new ArrayList<>();
        final List<ToolExecutionRequest> calls = new ArrayList<>();
        final CompletableFuture<ChatResponse> whole = new CompletableFuture<>();

        @Override
        public void onPartialResponse(String piece) {
            text.add(piece);
        }

        @Override
        public void onPartialThinking(PartialThinking piece) {
            thinking.add(piece.text());
        }

        @Override
        public void onPartialToolCall(PartialToolCall part) {
            parts.add(part);
        }

        @Override
        public void onCompleteToolCall(CompleteToolCall call) {
            calls.add(call.toolExecutionRequest());
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            whole.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            whole.completeExceptionally(error);
        }

        String all() {
            return String.join("", text);
        }
    }

    private SlmStreamingChatModel model(boolean constrained, String... answers) {
        GgufMetadata metadata = GgufMetadata.of("scripted", Map.of("outrider.chat_format", "outrider-1"));
        return SlmStreamingChatModel.of(SlmChatModel.builder()
                .loaded(SlmChatModel.Loaded.of(
                        new ScriptedGenerator(tokenizer, answers), tokenizer, ChatFormats.of(metadata, tokenizer), "scripted"))
                .constrained(constrained)
                .build());
    }

    private static ChatRequest.Builder request() {
        return ChatRequest.builder().messages(UserMessage.from("where is it?"));
    }

    private static Heard ask(SlmStreamingChatModel model, ChatRequest request) {
        Heard heard = new Heard();
        model.chat(request, heard);
        heard.whole.join();
        return heard;
    }

    @ParameterizedTest
    @ValueSource(strings = {"Grüße, 日本 and 😀!", "one, two, three, four"})
    void thePiecesOfATextAreTheText(String text) {
        Heard heard = ask(model(true, text + "<|im_end|>"), request().build());
        assertThat(heard.all()).isEqualTo(text).isEqualTo(heard.whole.join().aiMessage().text());
        assertThat(heard.text).hasSizeGreaterThan(2).doesNotContain("").noneMatch(piece -> piece.contains("\uFFFD"));
    }

    @Test
    void nothingOfAStopSequenceIsTold() {
        String answer = "one, two, three, four<|im_end|>";
        Heard heard = ask(model(true, answer), request().stopSequences(List.of("wo, t", "three")).build());
        assertThat(heard.all()).isEqualTo("one, t").isEqualTo(heard.whole.join().aiMessage().text());
        // what only looked like the beginning of one is told in the end
        Heard other = ask(model(true, answer), request().stopSequences(List.of("our, five")).build());
        assertThat(other.all()).isEqualTo("one, two, three, four");
    }

    @Test
    void callsComeInPiecesAndThenWholeWithTheIdsOfTheAnswer() {
        String call = "<tool_call>{\"name\":\"get_order\",\"arguments\":{\"order_id\":\"ORD-%d }]\\\"\"}}</tool_call>";
        Heard heard = ask(
                model(true, call.formatted(1) + call.formatted(2) + "<|im_end|>"), request().toolSpecifications(GET_ORDER).build());
        List<ToolExecutionRequest> whole = heard.whole.join().aiMessage().toolExecutionRequests();
        assertThat(heard.calls).isEqualTo(whole).hasSize(2);
        for (int i = 0; i < 2; i++) {
            int index = i;
            List<PartialToolCall> parts = heard.parts.stream().filter(part -> part.index() == index).toList();
            assertThat(parts).hasSizeGreaterThan(2).allMatch(part -> part.id().equals(whole.get(index).id()));
            assertThat(parts.stream().map(PartialToolCall::partialArguments).collect(Collectors.joining()))
                    .isEqualTo(whole.get(i).arguments());
        }
        assertThat(heard.text).isEmpty();
    }

    @Test
    void aRequiredCallIsToldAlthoughItsMarkerWasGiven() {
        Heard heard = ask(
                model(true, "{\"name\":\"get_order\",\"arguments\":{\"order_id\":\"ORD-1\"}}</tool_call><|im_end|>"),
                request().toolSpecifications(GET_ORDER).toolChoice(ToolChoice.REQUIRED).build());
        assertThat(heard.calls).hasSize(1).isEqualTo(heard.whole.join().aiMessage().toolExecutionRequests());
        assertThat(heard.parts.stream().map(PartialToolCall::partialArguments).collect(Collectors.joining()))
                .isEqualTo("{\"order_id\":\"ORD-1\"}");
    }

    @Test
    void aCallThatDoesNotParseIsNeverToldAsACall() {
        Heard heard = ask(
                model(false, "<tool_call>{\"name\":\"get_order\",\"arguments\":{\"order_id\"}}</tool_call><|im_end|>"),
                request().toolSpecifications(GET_ORDER).build());
        assertThat(heard.calls).isEmpty();
        assertThat(((SlmChatResponseMetadata) heard.whole.join().metadata()).problem()).contains("not valid JSON");
    }

    @Test
    void aCancelledAnswerIsNotHeardOfAgainAndAnEngineGoesOn() throws Exception {
        try (SlmEngine engine = SlmEngine.embedded();
                SlmChatModel model = SlmChatModel.builder().engine(engine).temperature(4.0).maxOutputTokens(4000).build()) {
            List<String> after = new ArrayList<>();
            CompletableFuture<Void> cancelled = new CompletableFuture<>();
            SlmStreamingChatModel.of(model).chat(request().build(), new Heard() {
                @Override
                public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
                    if (context.streamingHandle().isCancelled()) {
                        after.add("a piece");
                    }
                    context.streamingHandle().cancel();
                    assertThat(context.streamingHandle().isCancelled()).isTrue();
                    cancelled.complete(null);
                }

                @Override
                public void onCompleteResponse(ChatResponse response) {
                    after.add("the whole");
                }

                @Override
                public void onError(Throwable error) {
                    after.add("an error: " + error);
                }
            });
            cancelled.get(30, TimeUnit.SECONDS);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (engine.stats().running() > 0 && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            assertThat(engine.stats().running()).isZero();
            assertThat(model.chat(request().maxOutputTokens(3).build()).aiMessage()).isNotNull();
            assertThat(after).isEmpty();
        }
    }

    @Test
    void theStreamOfAnEngineIsWhatTheWholeAnswerSays() {
        try (SlmEngine engine = SlmEngine.embedded()) {
            for (int seed = 0; seed < 12; seed++) {
                SlmChatModel model = SlmChatModel.builder()
                        .engine(engine)
                        .temperature(seed % 3 * 0.9)
                        .seed((long) seed)
                        .maxOutputTokens(200)
                        .build();
                ChatRequest request = ChatRequest.builder()
                        .messages(UserMessage.from("Has ORD-4821" + seed % 10 + " left the house yet?"))
                        .toolSpecifications(seed % 2 == 0 ? List.of(GET_ORDER) : List.of())
                        .build();
                Heard heard = ask(SlmStreamingChatModel.of(model), request);
                ChatResponse whole = model.chat(request);
                assertThat(heard.all()).as("seed %d", seed).isEqualTo(whole.aiMessage().text() == null ? "" : whole.aiMessage().text());
                assertThat(heard.calls.stream().map(ToolExecutionRequest::arguments).toList())
                        .as("seed %d", seed)
                        .isEqualTo(whole.aiMessage().toolExecutionRequests().stream()
                                .map(ToolExecutionRequest::arguments)
                                .toList());
            }
        }
    }

    @Test
    void whatCannotBeAnsweredIsRefusedAtOnceAndWhatFailsLaterIsToldToTheHandler() {
        Heard heard = new Heard();
        assertThatThrownBy(() -> model(true, "a").chat(request().modelName("other").build(), heard))
                .isInstanceOf(UnsupportedFeatureException.class);
        assertThat(heard.whole).isNotDone();
        try (SlmEngine engine = SlmEngine.embedded();
                SlmChatModel model = SlmChatModel.builder().engine(engine).timeout(Duration.ofNanos(1)).build()) {
            Heard late = new Heard();
            SlmStreamingChatModel.of(model).chat(request().build(), late);
            assertThatThrownBy(late.whole::join).hasCauseInstanceOf(GenerationTimeoutException.class);
        }
    }
}
