package dev.outrider.slm;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.atLeast;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mockito.InOrder;

import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

/** LangChain4j's own contract of a streaming chat model, with answers by rule as in {@link SlmChatModelContractTest}. */
class SlmStreamingChatModelContractTest extends AbstractStreamingChatModelIT {

    private static final Tokenizer TOKENIZER = TestVocabulary.outrider();

    @Override
    protected List<StreamingChatModel> models() {
        return List.of(model(null, List.of()));
    }

    @Override
    protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
        return model(parameters, List.of());
    }

    @Override
    public StreamingChatModel createModelWith(ChatModelListener listener) {
        return model(null, List.of(listener));
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return SlmChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
    }

    private static StreamingChatModel model(@Nullable ChatRequestParameters parameters, List<ChatModelListener> listeners) {
        GgufMetadata metadata = GgufMetadata.of("rules", Map.of("outrider.chat_format", "outrider-1"));
        ScriptedGenerator rules = ScriptedGenerator.withSecondThoughts(TOKENIZER, ContractRules::answers);
        return SlmStreamingChatModel.of(SlmChatModel.builder()
                .loaded(SlmChatModel.Loaded.of(rules, TOKENIZER, ChatFormats.of(metadata, TOKENIZER), "rules"))
                .defaultRequestParameters(parameters)
                .listeners(listeners)
                .build());
    }

    @Override
    protected Class<? extends ChatResponseMetadata> chatResponseMetadataType(StreamingChatModel model) {
        return SlmChatResponseMetadata.class;
    }

    @Override
    protected void verifyToolCallbacks(StreamingChatResponseHandler handler, InOrder io, String id) {
        verifyCall(handler, io, 0, id, "getWeather");
    }

    @Override
    protected void verifyToolCallbacks(StreamingChatResponseHandler handler, InOrder io, StreamingChatModel model) {
        io.verify(handler, atLeast(1)).onPartialToolCall(argThat(part -> part.name().equals("get_current_time")), any());
        io.verify(handler).onCompleteToolCall(argThat(call -> call.toolExecutionRequest().arguments().equals("{}")));
    }

    @Override
    protected void verifyToolCallbacks(StreamingChatResponseHandler handler, InOrder io, String id1, String id2) {
        verifyCall(handler, io, 0, id1, "getWeather");
        verifyCall(handler, io, 1, id2, "getTime");
    }

    private static void verifyCall(StreamingChatResponseHandler handler, InOrder io, int index, String id, String name) {
        // several pieces of a few characters each; the contract itself puts them together
        io.verify(handler, atLeast(2)).onPartialToolCall(argThat((PartialToolCall part) ->
                part.index() == index && part.id().equals(id) && part.name().equals(name)), any());
        io.verify(handler).onCompleteToolCall(argThat((CompleteToolCall call) ->
                call.index() == index && call.toolExecutionRequest().id().equals(id)));
    }

    /** The contract waits half a minute for what must not come; see {@link SlmStreamingChatModelTest} for a quicker look. */
    @Override
    protected boolean supportsStreamingCancellation() {
        return false;
    }

    @Override
    protected boolean supportsModelNameParameter() {
        return false; // one model is loaded, and a request cannot change it
    }

    @Override
    protected boolean supportsSingleImageInputAsBase64EncodedString() {
        return false;
    }

    @Override
    protected boolean supportsSingleImageInputAsPublicURL() {
        return false;
    }
}
