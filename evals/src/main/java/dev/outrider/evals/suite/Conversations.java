package dev.outrider.evals.suite;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The {@code messages} of a case as LangChain4j messages. */
final class Conversations {

    private static final Set<String> TEXT_KEYS = Set.of("role", "content");
    private static final Set<String> ASSISTANT_KEYS = Set.of("role", "content", "tool_calls");
    private static final Set<String> TOOL_KEYS = Set.of("role", "content", "tool_call_id", "name");
    private static final Set<String> CALL_KEYS = Set.of("id", "name", "arguments");

    private Conversations() {}

    static List<ChatMessage> parse(Fields line) {
        List<ChatMessage> messages = new ArrayList<>();
        Map<String, String> openCalls = new LinkedHashMap<>();
        for (Fields message : line.objects("messages")) {
            messages.add(switch (message.text("role")) {
                case "system" -> SystemMessage.from(content(message));
                case "user" -> UserMessage.from(content(message));
                case "assistant" -> assistant(message, openCalls);
                case "tool" -> result(message, openCalls);
                default -> throw message.problem("role", "must be system, user, assistant or tool but is "
                        + message.text("role"));
            });
        }
        if (messages.isEmpty()) {
            throw line.problem("messages", "is empty");
        }
        if (messages.getLast() instanceof AiMessage || messages.getLast() instanceof SystemMessage) {
            throw line.problem("messages", "must end with a user's or a tool's message: it is the model's turn");
        }
        return messages;
    }

    private static String content(Fields message) {
        message.only(TEXT_KEYS);
        return message.nonBlank("content");
    }

    private static AiMessage assistant(Fields message, Map<String, String> openCalls) {
        message.only(ASSISTANT_KEYS);
        String text = message.optionalText("content");
        if (!message.has("tool_calls")) {
            return AiMessage.from(message.text("content"));
        }
        List<ToolExecutionRequest> calls = new ArrayList<>();
        for (Fields call : message.objects("tool_calls")) {
            call.only(CALL_KEYS);
            String id = call.nonBlank("id");
            String name = call.nonBlank("name");
            if (openCalls.put(id, name) != null) {
                throw call.problem("id", "is used again before its first call was answered: " + id);
            }
            calls.add(ToolExecutionRequest.builder()
                    .id(id)
                    .name(name)
                    .arguments(Json.write(call.object("arguments").node()))
                    .build());
        }
        AiMessage.Builder builder = AiMessage.builder().toolExecutionRequests(calls);
        if (text != null && !text.isEmpty()) {
            builder.text(text);
        }
        return builder.build();
    }

    private static ToolExecutionResultMessage result(Fields message, Map<String, String> openCalls) {
        message.only(TOOL_KEYS);
        String id = message.text("tool_call_id");
        String name = openCalls.remove(id);
        if (name == null) {
            throw message.problem("tool_call_id", "answers no open call: " + id);
        }
        return ToolExecutionResultMessage.from(id, message.has("name") ? message.text("name") : name, message.text("content"));
    }
}
