package dev.outrider.router.remote;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tool names as an OpenAI-compatible endpoint allows them (letters, digits, {@code _} and {@code -}, at most 64
 * characters), and back. Names that are allowed already stay as they are; in others every forbidden character becomes
 * {@code _}, and where two names would become the same one a number is appended, so that the way back is unique. One
 * instance belongs to one request: the tools it offers and those its messages speak of.
 */
final class PortableToolNames {

    private static final int LONGEST = 64;
    private static final Pattern ALLOWED = Pattern.compile("[a-zA-Z0-9_-]{1," + LONGEST + "}");

    private final Map<String, String> out = new HashMap<>();
    private final Map<String, String> back = new HashMap<>();

    private PortableToolNames(Set<String> names) {
        // allowed names first, so that they keep themselves
        Set<String> taken = new HashSet<>();
        for (String name : names) {
            if (ALLOWED.matcher(name).matches()) {
                taken.add(name);
                out.put(name, name);
                back.put(name, name);
            }
        }
        for (String name : names) {
            if (!out.containsKey(name)) {
                String portable = free(name, taken);
                taken.add(portable);
                out.put(name, portable);
                back.put(portable, name);
            }
        }
    }

    static PortableToolNames of(ChatRequest request) {
        Set<String> names = new LinkedHashSet<>();
        request.toolSpecifications().forEach(tool -> names.add(tool.name()));
        for (ChatMessage message : request.messages()) {
            if (message instanceof AiMessage ai) {
                ai.toolExecutionRequests().forEach(call -> names.add(call.name()));
            } else if (message instanceof ToolExecutionResultMessage result && result.toolName() != null) {
                names.add(result.toolName());
            }
        }
        return new PortableToolNames(names);
    }

    /** Whether every name is allowed as it is. */
    boolean isIdentity() {
        return out.entrySet().stream().allMatch(e -> e.getKey().equals(e.getValue()));
    }

    /** The request with allowed names everywhere. */
    ChatRequest outgoing(ChatRequest request) {
        List<ToolSpecification> tools = request.toolSpecifications().stream()
                .map(tool -> tool.toBuilder().name(out(tool.name())).build())
                .toList();
        List<ChatMessage> messages = new ArrayList<>();
        for (ChatMessage message : request.messages()) {
            messages.add(
                    switch (message) {
                        case AiMessage ai when ai.hasToolExecutionRequests() -> renamed(ai, out);
                        case ToolExecutionResultMessage result when result.toolName() != null ->
                            result.toBuilder().toolName(out(result.toolName())).build();
                        default -> message;
                    });
        }
        return request.toBuilder().messages(messages).toolSpecifications(tools).build();
    }

    /** The answer with the names that the agent knows; a name that was never offered stays as the model wrote it. */
    AiMessage incoming(AiMessage answer) {
        return answer.hasToolExecutionRequests() ? renamed(answer, back) : answer;
    }

    private String out(String name) {
        return out.getOrDefault(name, name);
    }

    private static AiMessage renamed(AiMessage message, Map<String, String> names) {
        List<ToolExecutionRequest> calls = message.toolExecutionRequests().stream()
                .map(call -> call.toBuilder().name(names.getOrDefault(call.name(), call.name())).build())
                .toList();
        return message.toBuilder().toolExecutionRequests(calls).build();
    }

    private static String free(String name, Set<String> taken) {
        String plain = name.replaceAll("[^a-zA-Z0-9_-]", "_");
        String base = plain.isEmpty() ? "tool" : plain.substring(0, Math.min(LONGEST, plain.length()));
        String candidate = base;
        for (int number = 2; taken.contains(candidate); number++) {
            String suffix = "_" + number;
            candidate = base.substring(0, Math.min(base.length(), LONGEST - suffix.length())) + suffix;
        }
        return candidate;
    }
}
