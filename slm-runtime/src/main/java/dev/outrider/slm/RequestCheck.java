package dev.outrider.slm;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ToolChoice;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses, before any computation, what a request asks for and this model cannot do; silently ignoring it would be a
 * lie.
 */
final class RequestCheck {

    private RequestCheck() {}

    /**
     * Checks the parameters of a request, defaults included.
     *
     * @param modelName the loaded model's name; the only one that may be asked for
     * @throws UnsupportedFeatureException for what no request can have from this model
     * @throws InvalidRequestException for impossible values
     */
    static void check(ChatRequestParameters parameters, String modelName) {
        if (parameters.modelName() != null && !parameters.modelName().equals(modelName)) {
            throw new UnsupportedFeatureException(
                    "the parameter modelName is not supported per request: '" + parameters.modelName()
                    + "' was asked for, the loaded model is '" + modelName + "'");
        }
        unsupported("frequencyPenalty", parameters.frequencyPenalty());
        unsupported("presencePenalty", parameters.presencePenalty());
        between("temperature", parameters.temperature(), 0, 100, true);
        between("topP", parameters.topP(), 0, 1, false);
        if (parameters.topK() != null && parameters.topK() < 1) {
            throw new InvalidRequestException("topK must be at least 1 but is " + parameters.topK());
        }
        if (parameters.maxOutputTokens() != null && parameters.maxOutputTokens() < 1) {
            throw new InvalidRequestException(
                    "maxOutputTokens must be at least 1 but is " + parameters.maxOutputTokens());
        }
        Integer thoughts = SlmChatRequestParameters.maxThinkTokens(parameters);
        if (thoughts != null && thoughts < 0) {
            throw new InvalidRequestException("maxThinkTokens must be at least 0 but is " + thoughts);
        }
        if (parameters.stopSequences() != null && parameters.stopSequences().stream().anyMatch(String::isEmpty)) {
            throw new InvalidRequestException("a stop sequence is empty; leave it out");
        }
        checkTools(parameters);
    }

    /**
     * Checks that a device can draw as a generation asks.
     *
     * @param choosesTopK {@link dev.outrider.slm.model.Backend#choosesTopK}
     * @throws UnsupportedFeatureException if it cannot
     */
    static void checkDraw(GenerationOptions options, boolean choosesTopK) {
        if (options.topK() > 0 && options.temperature() > 0 && !choosesTopK) {
            throw new UnsupportedFeatureException(
                    "topK is not supported on this GPU backend; leave it out, use topP, or run the model on the processor");
        }
    }

    private static void checkTools(ChatRequestParameters parameters) {
        if (parameters.toolSpecifications() == null || parameters.toolSpecifications().isEmpty()) {
            if (parameters.toolChoice() == ToolChoice.REQUIRED) {
                throw new InvalidRequestException("toolChoice is REQUIRED but no tools are offered");
            }
            return;
        }
        Set<String> names = new HashSet<>();
        for (ToolSpecification tool : parameters.toolSpecifications()) {
            if (!names.add(tool.name())) {
                throw new InvalidRequestException("two tools have the name '" + tool.name() + "'");
            }
        }
    }

    private static void unsupported(String name, @Nullable Object value) {
        if (value != null) {
            throw new UnsupportedFeatureException(
                    "the parameter " + name + " is not supported by this in-process model");
        }
    }

    private static void between(String name, @Nullable Double value, double least, double most, boolean leastIncluded) {
        if (value != null && !((value > least || leastIncluded && value == least) && value <= most)) {
            throw new InvalidRequestException(
                    name + " must be in " + (leastIncluded ? "[" : "(") + least + ", " + most + "] but is "
                    + value);
        }
    }
}
