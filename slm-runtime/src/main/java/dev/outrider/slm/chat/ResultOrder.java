package dev.outrider.slm.chat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Tools that run at the same time finish in any order; a model that sees no call ids needs their results in call
 * order.
 */
final class ResultOrder {

    private ResultOrder() {}

    /** The messages, with the results behind a call turn in the order of its calls; results of unknown ids go last. */
    static List<ChatMessage> likeCalls(List<ChatMessage> messages) {
        List<ChatMessage> ordered = new ArrayList<>(messages);
        for (int i = 0; i < ordered.size(); i++) {
            if (ordered.get(i) instanceof AiMessage answer && answer.hasToolExecutionRequests()) {
                List<String> ids = answer.toolExecutionRequests().stream()
                        .map(ToolExecutionRequest::id)
                        .toList();
                int end = i + 1;
                while (end < ordered.size() && ordered.get(end) instanceof ToolExecutionResultMessage) {
                    end++;
                }
                ordered.subList(i + 1, end).sort(Comparator.comparingInt(message -> place(ids, message)));
            }
        }
        return ordered;
    }

    private static int place(List<String> ids, ChatMessage message) {
        int place = message instanceof ToolExecutionResultMessage result && result.id() != null
                ? ids.indexOf(result.id())
                : -1;
        return place < 0 ? Integer.MAX_VALUE : place;
    }
}
