package dev.outrider.slm;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.chat.ChatFormats;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.TestVocabulary;
import dev.outrider.slm.tokenizer.Tokenizer;

/**
 * LangChain4j's own contract of a chat model. It asks for general knowledge, which no model of a few megabytes has; so
 * the answers are written by rule and everything around them is real: rendering, parameters, parsing, usage, finish
 * reasons, refusals.
 */
class SlmChatModelContractTest extends AbstractChatModelIT {

    private static final Tokenizer TOKENIZER = TestVocabulary.outrider();

    @Override
    protected List<ChatModel> models() {
        return List.of(model(null));
    }

    @Override
    protected ChatModel createModelWith(ChatRequestParameters parameters) {
        return model(parameters);
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return ChatRequestParameters.builder().maxOutputTokens(maxOutputTokens).build();
    }

    private static SlmChatModel model(@Nullable ChatRequestParameters parameters) {
        GgufMetadata metadata = GgufMetadata.of("rules", Map.of("outrider.chat_format", "outrider-1"));
        ScriptedGenerator rules = ScriptedGenerator.withSecondThoughts(TOKENIZER, ContractRules::answers);
        return SlmChatModel.builder()
                .loaded(SlmChatModel.Loaded.of(rules, TOKENIZER, ChatFormats.of(metadata, TOKENIZER), "rules"))
                .defaultRequestParameters(parameters)
                .build();
    }

    @Override
    protected Class<? extends ChatResponseMetadata> chatResponseMetadataType(ChatModel model) {
        return SlmChatResponseMetadata.class;
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
