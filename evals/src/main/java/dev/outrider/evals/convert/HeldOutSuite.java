package dev.outrider.evals.convert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.Suite;

/**
 * Held-out queries as cases of a suite, for {@code outrider eval} to measure a trained model on. What the LLM answered counts as right:
 * calls by their JSON values, replies word by word. That is agreement with the LLM, not truth.
 */
final class HeldOutSuite {

    private HeldOutSuite() {}

    /** The line of a query; null where it cannot be a case: its answer calls a tool that was not offered, its tools are faulty. */
    static @Nullable String line(Kind kind, AgentQuery q) {
        ObjectNode node = Json.object()
                .put("id", q.id())
                .put("suite", "held-out")
                .put("category", kind.name())
                .put("task", q.group());
        ArrayNode tools = node.putArray("tools");
        for (JsonNode tool : q.tools()) {
            ObjectNode kept = tools.addObject().put("name", tool.path("name").asText());
            if (tool.path("description").isTextual()) {
                kept.put("description", tool.get("description").asText());
            }
            if (tool.path("parameters").isObject()) {
                kept.set("parameters", tool.get("parameters"));
            }
        }
        ArrayNode messages = node.putArray("messages");
        for (ChatMessage m : q.messages()) {
            ObjectNode message = message(m);
            if (message == null) {
                return null;
            }
            messages.add(message);
        }
        ObjectNode expected = expected(q.answer());
        if (expected == null) {
            return null;
        }
        node.set("expected", expected);
        node.put("match", "exact-json");
        String line = Json.write(node);
        return Suite.isCase(line) ? line : null;
    }

    private static @Nullable ObjectNode message(ChatMessage m) {
        if (m instanceof ToolExecutionResultMessage result) {
            return Json.object().put("role", "tool").put("tool_call_id", result.id()).put("content", result.text());
        }
        if (!(m instanceof AiMessage ai)) {
            return Json.object().put("role", m instanceof SystemMessage ? "system" : "user").put("content", Words.text(m));
        }
        ObjectNode node = Json.object().put("role", "assistant").put("content", ai.text());
        if (ai.hasToolExecutionRequests()) {
            ArrayNode calls = node.putArray("tool_calls");
            for (ToolExecutionRequest call : ai.toolExecutionRequests()) {
                ObjectNode arguments = arguments(call);
                if (arguments == null) {
                    return null;
                }
                calls.addObject().put("id", call.id()).put("name", call.name()).set("arguments", arguments);
            }
        }
        return node;
    }

    private static @Nullable ObjectNode expected(AiMessage answer) {
        ObjectNode expected = Json.object();
        if (!answer.hasToolExecutionRequests()) {
            expected.put("no_call", true).putArray("text").add(answer.text());
            return expected;
        }
        ArrayNode calls = expected.putArray("calls");
        for (ToolExecutionRequest call : answer.toolExecutionRequests()) {
            ObjectNode arguments = arguments(call);
            if (arguments == null) {
                return null;
            }
            ObjectNode acceptable = calls.addObject().put("name", call.name()).putObject("arguments");
            arguments.properties().forEach(e -> acceptable.putArray(e.getKey()).add(e.getValue()));
        }
        expected.put("order", "any");
        return expected;
    }

    private static @Nullable ObjectNode arguments(ToolExecutionRequest call) {
        return call.arguments() == null || call.arguments().isBlank() ? Json.object() : Json.readObject(call.arguments());
    }
}
