package dev.outrider.evals.match;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.Json;

/**
 * A call that a model made.
 *
 * @param arguments null when the model's text for them is no JSON object
 */
public record ModelCall(String name, @Nullable ObjectNode arguments) {

    /** The calls of an answer in order. */
    public static List<ModelCall> of(AiMessage answer) {
        return answer.toolExecutionRequests().stream().map(ModelCall::of).toList();
    }

    private static ModelCall of(ToolExecutionRequest request) {
        String arguments = request.arguments();
        boolean none = arguments == null || arguments.isBlank();
        return new ModelCall(request.name(), none ? Json.object() : Json.readObject(arguments));
    }
}
