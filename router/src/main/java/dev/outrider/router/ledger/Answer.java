package dev.outrider.router.ledger;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model answered, as the ledger keeps it.
 *
 * @param text the text, null when the answer is calls only
 * @param calls the proposed tool calls in order
 */
public record Answer(@Nullable String text, List<Call> calls) {

    public Answer {
        calls = List.copyOf(calls);
    }

    /**
     * One proposed tool call.
     *
     * @param name the tool's name as the agent knows it
     * @param arguments the arguments as the model wrote them; not necessarily valid JSON
     */
    public record Call(String name, String arguments) {}

    /** The answer in a message. */
    public static Answer of(AiMessage message) {
        List<ToolExecutionRequest> requests = message.toolExecutionRequests();
        return new Answer(
                message.text(),
                requests.stream()
                        .map(r -> new Call(orEmpty(r.name()), orEmpty(r.arguments())))
                        .toList());
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
