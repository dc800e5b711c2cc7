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
        ScriptedGenerator rules = new ScriptedGenerator(TOKENIZER, prompt -> answer(prompt) + "<|im_end|>");
        return SlmChatModel.builder()
                .loaded(new SlmChatModel.Loaded(rules, TOKENIZER, ChatFormats.of(metadata, TOKENIZER), "rules", null))
                .defaultRequestParameters(parameters)
                .build();
    }

    private static String answer(String prompt) {
        String weather = "<tool_call>{\"name\":\"getWeather\",\"arguments\":{\"city\":\"Munich\"}}</tool_call>";
        if (prompt.endsWith("<tool_call>")) {
            return weather.substring("<tool_call>".length());
        }
        if (prompt.contains("<|im_start|>tool\n")) {
            return prompt.substring(prompt.indexOf("<|im_start|>tool\n"))
                    .replaceAll("<\\|im_start\\|>(tool|assistant)\n", "")
                    .replaceAll("<\\|im_end\\|>\n", "; ");
        }
        if (prompt.contains("weather in Munich and time")) {
            return weather + "<tool_call>{\"name\":\"getTime\",\"arguments\":{\"country\":\"France\"}}</tool_call>";
        }
        if (prompt.contains("weather in Munich")) {
            return weather;
        }
        if (prompt.contains("Use the get_current_time tool")) {
            return "<tool_call>{\"name\":\"get_current_time\",\"arguments\":{}}</tool_call>";
        }
        Map<String, String> knowledge = Map.of(
                "capital of Germany", "The capital of Germany is Berlin.",
                "I love you", "Ich liebe dich",
                "favorite color", "Your favorite color is green.",
                "Say 'Hello World'", "Hello World");
        return knowledge.entrySet().stream()
                .filter(entry -> prompt.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new AssertionError("a question without a rule: " + prompt));
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
    protected boolean supportsJsonResponseFormat() {
        return false;
    }

    @Override
    protected boolean supportsJsonResponseFormatWithSchema() {
        return false;
    }

    @Override
    protected boolean supportsJsonResponseFormatWithRawSchema() {
        return false;
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
