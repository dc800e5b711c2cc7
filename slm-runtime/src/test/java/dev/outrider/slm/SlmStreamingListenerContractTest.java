package dev.outrider.slm;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

/** LangChain4j's own contract of what a listener of a streaming model sees. */
class SlmStreamingListenerContractTest extends AbstractStreamingChatModelListenerIT {

    private static final Tokenizer TOKENIZER = TestVocabulary.outrider();

    @Override
    protected StreamingChatModel createModel(ChatModelListener listener) {
        return model(listener, prompt -> "hello<|im_end|>");
    }

    @Override
    protected String modelName() {
        return "rules";
    }

    @Override
    protected StreamingChatModel createFailingModel(ChatModelListener listener) {
        return model(listener, prompt -> {
            throw new ContextLengthException(10, 5);
        });
    }

    @Override
    protected Class<? extends Exception> expectedExceptionClass() {
        return ContextLengthException.class;
    }

    private StreamingChatModel model(ChatModelListener listener, UnaryOperator<String> rules) {
        GgufMetadata metadata = GgufMetadata.of("rules", Map.of("outrider.chat_format", "outrider-1"));
        return SlmStreamingChatModel.of(SlmChatModel.builder()
                .loaded(SlmChatModel.Loaded.of(
                        new ScriptedGenerator(TOKENIZER, rules), TOKENIZER, ChatFormats.of(metadata, TOKENIZER), modelName()))
                .temperature(temperature())
                .maxOutputTokens(maxTokens())
                .defaultRequestParameters(
                        ChatRequestParameters.builder().topP(topP()).build())
                .listeners(List.of(listener))
                .build());
    }
}
