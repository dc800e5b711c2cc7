package dev.outrider.router;

import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;

/**
 * The request as one tier gets it. A model name or a provider's own parameters are meant for one model and would be
 * wrong, or rejected, at the other one: every tier names its own model, so both are left out.
 */
final class TierRequest {

    private TierRequest() {}

    /** The request for the SLM. */
    static ChatRequest local(ChatRequest request) {
        return with(request, plain(request.parameters()).build());
    }

    /** The request for the LLM, with a limit on the answer so that its worst case has a price. */
    static ChatRequest remote(ChatRequest request, ChatModel remote, int maxOutputTokens) {
        ChatRequestParameters parameters = request.parameters();
        DefaultChatRequestParameters.Builder<?> builder = plain(parameters);
        if (parameters.maxOutputTokens() == null) {
            builder.maxOutputTokens(maxOutputTokens);
        }
        if (remote.provider() == ModelProvider.OPEN_AI) {
            // the OpenAI protocol has no top-k
            builder.topK(null);
        }
        return with(request, builder.build());
    }

    private static ChatRequest with(ChatRequest request, ChatRequestParameters parameters) {
        return ChatRequest.builder()
                .messages(request.messages())
                .parameters(parameters)
                .build();
    }

    private static DefaultChatRequestParameters.Builder<?> plain(ChatRequestParameters parameters) {
        DefaultChatRequestParameters.Builder<?> builder = ChatRequestParameters.builder();
        builder.temperature(parameters.temperature());
        builder.topP(parameters.topP());
        builder.topK(parameters.topK());
        builder.frequencyPenalty(parameters.frequencyPenalty());
        builder.presencePenalty(parameters.presencePenalty());
        builder.maxOutputTokens(parameters.maxOutputTokens());
        builder.stopSequences(parameters.stopSequences());
        builder.toolSpecifications(parameters.toolSpecifications());
        builder.toolChoice(parameters.toolChoice());
        builder.responseFormat(parameters.responseFormat());
        return builder;
    }
}
