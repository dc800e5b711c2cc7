package dev.outrider.evals.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

import dev.outrider.evals.suite.Json;

/**
 * A message reduced to what identifies it, so that a case and a request on the wire compare whatever their ids, key order and
 * spelling of tool names.
 *
 * @param role {@code system}, {@code user}, {@code assistant} or {@code tool}
 * @param text without blanks at the ends
 * @param calls {@code name{"a":1}} with sorted keys
 */
record Turn(String role, String text, List<String> calls) {

    private static final JsonMapper SORTED =
            JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

    Turn {
        calls = List.copyOf(calls);
        text = text.strip();
    }

    static List<Turn> ofMessages(List<ChatMessage> messages) {
        return messages.stream().map(Turn::of).toList();
    }

    private static Turn of(ChatMessage message) {
        return switch (message) {
            case SystemMessage m -> new Turn("system", m.text(), List.of());
            case UserMessage m -> new Turn("user", m.singleText(), List.of());
            case AiMessage m -> new Turn(
                    "assistant",
                    m.text() == null ? "" : m.text(),
                    m.toolExecutionRequests().stream().map(r -> call(r.name(), r.arguments())).toList());
            case ToolExecutionResultMessage m -> new Turn("tool", m.text(), List.of());
            default -> new Turn("other", message.toString(), List.of());
        };
    }

    /**
     * Reads the {@code messages} of a chat-completions request.
     *
     * @throws IllegalArgumentException when they are none
     */
    static List<Turn> ofWire(JsonNode messages) {
        if (!messages.isArray() || messages.isEmpty()) {
            throw new IllegalArgumentException("messages must be a non-empty list");
        }
        List<Turn> turns = new ArrayList<>();
        for (JsonNode message : messages) {
            String role = message.path("role").asText();
            if (!List.of("system", "developer", "user", "assistant", "tool").contains(role)) {
                throw new IllegalArgumentException("messages[" + turns.size() + "].role is unknown: " + role);
            }
            List<String> calls = new ArrayList<>();
            message.path("tool_calls").forEach(c -> calls.add(
                    call(c.path("function").path("name").asText(), c.path("function").path("arguments").asText())));
            turns.add(new Turn(role.equals("developer") ? "system" : role, content(message.path("content")), calls));
        }
        return turns;
    }

    /** Providers allow no dots in tool names; a name with and without compares equal. */
    static String toolName(String name) {
        return name.replace('.', '_');
    }

    private static String content(JsonNode content) {
        if (content.isTextual()) {
            return content.asText();
        }
        StringBuilder text = new StringBuilder();
        content.forEach(part -> text.append(part.path("text").asText()));
        return text.toString();
    }

    private static String call(String name, String arguments) {
        ObjectNode object = Json.readObject(arguments);
        return toolName(name) + (object == null ? arguments : sorted(object));
    }

    private static String sorted(ObjectNode object) {
        try {
            return SORTED.writeValueAsString(SORTED.treeToValue(object, TreeMap.class));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            return object.toString();
        }
    }
}
