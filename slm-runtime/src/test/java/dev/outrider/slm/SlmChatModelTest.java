package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.listener.ChatModelErrorContext;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.listener.ChatModelRequestContext;
import dev.langchain4j.model.chat.listener.ChatModelResponseContext;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

class SlmChatModelTest {

    private static final String CALL = "<tool_call>{\"name\":\"get_order\",\"arguments\":{\"order_id\":\"ORD-48213\"}}</tool_call>";
    private static final ToolSpecification GET_ORDER = ToolSpecification.builder()
            .name("get_order")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("order_id")
                    .required("order_id")
                    .build())
            .build();

    private final Tokenizer tokenizer = TestVocabulary.outrider();

    @Test
    void aToolCallBecomesAToolExecutionRequest() {
        ScriptedGenerator script = script(CALL + "<|im_end|>");
        ChatResponse response = model(script).build().chat(request(p -> {}));
        assertThat(response.aiMessage().text()).isNull();
        ToolExecutionRequest call = response.aiMessage().toolExecutionRequests().getFirst();
        assertThat(call.name()).isEqualTo("get_order");
        assertThat(call.arguments()).isEqualTo("{\"order_id\":\"ORD-48213\"}");
        assertThat(response.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
        assertThat(response.modelName()).isEqualTo("scripted");
        assertThat(response.id()).isNotBlank();
        assertThat(script.prompt())
                .isEqualTo("<|im_start|>system\n<tools>\nget_order(order_id)\n</tools><|im_end|>\n"
                        + "<|im_start|>user\nwhere is it?<|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void everyCallHasItsOwnId() {
        SlmChatModel model = model(script(CALL + CALL + "<|im_end|>", CALL + "<|im_end|>")).build();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            model.chat(request(p -> {})).aiMessage().toolExecutionRequests().forEach(call -> ids.add(call.id()));
        }
        assertThat(ids).hasSize(3).doesNotHaveDuplicates().doesNotContainNull();
    }

    @Test
    void usageAndEvidenceCoverEveryToken() {
        ScriptedGenerator script = script("<think>hm</think>" + CALL + "<|im_end|>");
        ChatResponse response = model(script).constrained(false).build().chat(request(p -> {}));
        assertThat(response.metadata()).isInstanceOf(SlmChatResponseMetadata.class);
        SlmChatResponseMetadata metadata = (SlmChatResponseMetadata) response.metadata();
        TokenEvidence evidence = metadata.evidence();
        assertThat(metadata.problem()).isNull();
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(script.promptTokens()).isEqualTo(evidence.promptTokens());
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(evidence.tokens().size());
        assertThat(evidence.tokens()).last().satisfies(end -> {
            assertThat(end.text()).isEqualTo("<|im_end|>");
            assertThat(end.decision()).isTrue();
        });
        assertThat(evidence.tokens().getFirst().decision()).isFalse();
        assertThat(evidence.thinkingTokens()).isEqualTo(tokenizer.encode("hm").length);
        assertThat(response.aiMessage().thinking()).isEqualTo("hm");
        assertThat(evidence.smallestDecisionProbability())
                .hasValue(Math.exp(-0.125 * evidence.tokens().size()));
        assertThat(evidence.prefillSeconds()).isEqualTo(0.25);
        assertThat(evidence.decodeSeconds()).isEqualTo(0.5);
        assertThat(metadata.toBuilder().build()).isEqualTo(metadata);
    }

    @Test
    void aTextAnswerStopsAndALongOneIsCut() {
        SlmChatModel model = model(script("I cannot do that.<|im_end|>", "I cannot do that.<|im_end|>")).build();
        ChatResponse whole = model.chat(request(p -> {}));
        assertThat(whole.aiMessage().text()).isEqualTo("I cannot do that.");
        assertThat(whole.finishReason()).isEqualTo(FinishReason.STOP);
        ChatResponse cut = model.chat(request(p -> p.maxOutputTokens(2)));
        assertThat("I cannot do that.").startsWith(cut.aiMessage().text());
        assertThat(cut.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(cut.tokenUsage().outputTokenCount()).isEqualTo(2);
    }

    @Test
    void anAnswerThatIsNoCallAndNoTextIsReturnedAsWrittenWithItsProblem() {
        String broken = "<tool_call>{\"name\":\"get_order\",\"arguments\":{\"order_id\"}}</tool_call>";
        SlmChatModel model = model(script(broken + "<|im_end|>", broken + "<|im_end|>")).constrained(false).build();
        ChatResponse response = model.chat(request(p -> {}));
        assertThat(response.aiMessage().text()).isEqualTo(broken);
        assertThat(response.aiMessage().hasToolExecutionRequests()).isFalse();
        assertThat(response.finishReason()).isEqualTo(FinishReason.OTHER);
        assertThat(((SlmChatResponseMetadata) response.metadata()).problem()).contains("not valid JSON");
        ChatResponse cut = model.chat(request(p -> p.maxOutputTokens(4)));
        assertThat(cut.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(((SlmChatResponseMetadata) cut.metadata()).problem()).isEqualTo("a call is not closed");
    }

    @Test
    void aCallThatNobodyOfferedIsNoCall() {
        SlmChatModel model = model(script(CALL + "<|im_end|>", CALL + "<|im_end|>")).constrained(false).build();
        ChatRequest withoutTools =
                ChatRequest.builder().messages(UserMessage.from("hi")).build();
        for (ChatRequest request : List.of(withoutTools, request(p -> p.toolChoice(ToolChoice.NONE)))) {
            ChatResponse response = model.chat(request);
            assertThat(response.aiMessage().text()).isEqualTo(CALL);
            assertThat(response.finishReason()).isEqualTo(FinishReason.OTHER);
            assertThat(((SlmChatResponseMetadata) response.metadata()).problem())
                    .isEqualTo("a call of 'get_order' although no tools were offered");
        }
    }

    @Test
    void toolChoiceNoneHidesTheToolsAndRequiredOpensACall() {
        ScriptedGenerator script = script("No.<|im_end|>", CALL.substring("<tool_call>".length()) + "<|im_end|>");
        SlmChatModel model = model(script).build();
        model.chat(request(p -> p.toolChoice(ToolChoice.NONE)));
        assertThat(script.prompt()).doesNotContain("<tools>").startsWith("<|im_start|>user");
        ChatResponse required = model.chat(request(p -> p.toolChoice(ToolChoice.REQUIRED)));
        assertThat(script.prompt()).endsWith("<|im_start|>assistant\n<tool_call>");
        assertThat(required.aiMessage().toolExecutionRequests()).hasSize(1);
        SlmChatResponseMetadata metadata = (SlmChatResponseMetadata) required.metadata();
        assertThat(metadata.evidence().tokens()).hasSize(required.tokenUsage().outputTokenCount());
        assertThat(metadata.evidence().tokens().getFirst().decision()).isFalse();
        assertThat(metadata.evidence().tokens().getLast().decision()).isTrue();
    }

    @Test
    void parametersOfTheRequestGoBeforeThoseOfTheModel() {
        ScriptedGenerator script = script("a<|im_end|>", "a<|im_end|>");
        SlmChatModel model = model(script).temperature(0.7).maxOutputTokens(50).seed(9L).build();
        model.chat(request(p -> {}));
        assertThat(script.options().temperature()).isEqualTo(0.7);
        assertThat(script.options().maxTokens()).isEqualTo(50);
        assertThat(script.options().topP()).isEqualTo(1);
        assertThat(script.options().topK()).isZero();
        assertThat(script.options().seed()).isEqualTo(9);
        model.chat(request(p -> p.temperature(0.0).topP(0.5).topK(3).maxOutputTokens(7)));
        assertThat(script.options().temperature()).isZero();
        assertThat(script.options().topP()).isEqualTo(0.5);
        assertThat(script.options().topK()).isEqualTo(3);
        assertThat(script.options().maxTokens()).isEqualTo(7);
    }

    @Test
    void aStopSequenceEndsATextBeforeItAndLeavesCallsAlone() {
        ScriptedGenerator script = script("one, two, three, four<|im_end|>", CALL + "<|im_end|>");
        SlmChatModel model = model(script).build();
        ChatResponse text = model.chat(request(p -> p.stopSequences("wo, t", "four")));
        assertThat(text.aiMessage().text()).isEqualTo("one, t");
        assertThat(text.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(text.tokenUsage().outputTokenCount()).isLessThan(tokenizer.encode("one, two, three, four").length);
        assertThat(model.chat(request(p -> p.stopSequences("ORD"))).aiMessage().toolExecutionRequests()).hasSize(1);
    }

    @Test
    void whatTheModelCannotDoIsRefusedInOneLine() {
        refused(UnsupportedFeatureException.class, "modelName is not supported per request: 'gpt-9'", p -> p.modelName("gpt-9"));
        refused(InvalidRequestException.class, "topK must be at least 1 but is 0", p -> p.topK(0));
        refused(UnsupportedFeatureException.class, "frequencyPenalty", p -> p.frequencyPenalty(0.5));
        refused(UnsupportedFeatureException.class, "presencePenalty", p -> p.presencePenalty(0.5));
        refused(UnsupportedFeatureException.class, "the keyword not cannot be enforced", p -> p.responseFormat(schema("{\"not\":{}}")));
        refused(InvalidRequestException.class, "temperature must be in [0.0, 100.0] but is -1.0", p -> p.temperature(-1.0));
        refused(InvalidRequestException.class, "topP must be in (0.0, 1.0] but is 0.0", p -> p.topP(0.0));
        refused(InvalidRequestException.class, "maxOutputTokens must be at least 1 but is 0", p -> p.maxOutputTokens(0));
        refused(InvalidRequestException.class, "stop sequence is empty", p -> p.stopSequences(""));
        refused(InvalidRequestException.class, "two tools", p -> p.toolSpecifications(GET_ORDER, GET_ORDER));
        SlmChatModel model = model(script()).build();
        assertThatThrownBy(() -> model.chat(ChatRequest.builder()
                        .messages(UserMessage.from("x"))
                        .toolChoice(ToolChoice.REQUIRED)
                        .build()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("toolChoice is REQUIRED but no tools are offered");
        assertThatThrownBy(() -> model.chat(UserMessage.from(ImageContent.from("https://example.org/a.png"))))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("image");
    }

    @Test
    void aDeviceThatCannotDrawFromTheTopIsNotAskedTo() {
        GenerationOptions drawn = GenerationOptions.builder().temperature(1).topK(5).build();
        assertThatThrownBy(() -> RequestCheck.checkDraw(drawn, false))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessage("topK is not supported on this GPU backend; leave it out, use topP, or run the model on the processor");
        RequestCheck.checkDraw(drawn, true);
        RequestCheck.checkDraw(GenerationOptions.builder().topK(5).build(), false);
    }

    private static ResponseFormat schema(String schema) {
        return ResponseFormat.builder()
                .type(ResponseFormatType.JSON)
                .jsonSchema(JsonSchema.builder().name("s").rootElement(JsonRawSchema.from(schema)).build())
                .build();
    }

    private void refused(
            Class<? extends LangChain4jException> type,
            String message,
            Consumer<DefaultChatRequestParameters.Builder<?>> parameters) {
        SlmChatModel model = model(script()).build();
        assertThatThrownBy(() -> model.chat(request(parameters)))
                .isInstanceOf(type)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }

    @Test
    void listenersSeeRequestResponseAndError() {
        List<String> seen = new ArrayList<>();
        ChatModelListener listener = new ChatModelListener() {
            @Override
            public void onRequest(ChatModelRequestContext context) {
                context.attributes().put("n", 1);
                seen.add("request " + context.chatRequest().parameters().maxOutputTokens());
            }

            @Override
            public void onResponse(ChatModelResponseContext context) {
                seen.add("response " + context.chatResponse().aiMessage().text() + context.attributes().get("n"));
            }

            @Override
            public void onError(ChatModelErrorContext context) {
                seen.add("error " + context.error().getClass().getSimpleName());
            }
        };
        SlmChatModel model = model(script("hello<|im_end|>")).listeners(List.of(listener)).build();
        assertThat(model.chat("x")).isEqualTo("hello");
        assertThatThrownBy(() -> model.chat(request(p -> p.presencePenalty(1.0)))).isInstanceOf(UnsupportedFeatureException.class);
        assertThat(seen).containsExactly("request 512", "response hello1", "request 512", "error UnsupportedFeatureException");
    }

    @Test
    void anInterruptedThreadGetsATypedErrorAndStaysInterrupted() {
        SlmChatModel model = model(script("hello there<|im_end|>")).build();
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> model.chat("x"))
                    .isInstanceOf(GenerationInterruptedException.class)
                    .hasMessageContaining("after 0 generated tokens");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void exactlyOneModelMustBeGiven() {
        assertThatIllegalArgumentException().isThrownBy(() -> SlmChatModel.builder().build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SlmChatModel.builder().embedded().modelPath(Path.of("a.gguf")).build());
    }

    @Test
    void impossibleDefaultsAreRefusedWhenTheModelIsBuilt() {
        assertThatThrownBy(() -> model(script()).maxOutputTokens(0).build()).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> model(script())
                        .defaultRequestParameters(
                                ChatRequestParameters.builder().frequencyPenalty(0.5).build())
                        .build())
                .isInstanceOf(UnsupportedFeatureException.class);
    }

    private ScriptedGenerator script(String... answers) {
        return new ScriptedGenerator(tokenizer, answers);
    }

    private SlmChatModel.Builder model(ScriptedGenerator script) {
        GgufMetadata metadata = GgufMetadata.of("scripted", Map.of("outrider.chat_format", "outrider-1"));
        return SlmChatModel.builder()
                .loaded(SlmChatModel.Loaded.of(
                        script, tokenizer, ChatFormats.of(metadata, tokenizer), "scripted"));
    }

    private static ChatRequest request(
            Consumer<DefaultChatRequestParameters.Builder<?>> parameters) {
        var builder = DefaultChatRequestParameters.builder()
                .toolSpecifications(GET_ORDER);
        parameters.accept(builder);
        return ChatRequest.builder()
                .messages(UserMessage.from("where is it?"))
                .parameters(builder.build())
                .build();
    }
}
