package dev.outrider.router.internal;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;

/**
 * Request parameters that every model understands. A model's name and a provider's own parameters are meant for one
 * model and would be wrong, or rejected, at another one; what they hold cannot be looked through either.
 */
public final class PlainParameters {

    private PlainParameters() {}

    /** A builder with everything of the parameters but the model's name and a provider's own ones. */
    public static DefaultChatRequestParameters.Builder<?> of(ChatRequestParameters parameters) {
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
