package dev.outrider.evals.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.util.List;

import dev.outrider.evals.suite.Json;

/** Answers in the format of OpenAI's chat completions. */
final class OpenAiWire {

    private OpenAiWire() {}

    static String completion(long number, JsonNode request, List<Turn> turns, AiMessage answer) {
        ObjectNode root = Json.object();
        root.put("id", "simulated-" + number);
        root.put("object", "chat.completion");
        root.put("created", 0);
        root.put("model", SimulatedLlm.MODEL);
        root.put("system_fingerprint", "simulated");
        ObjectNode choice = root.putArray("choices").addObject();
        choice.put("index", 0);
        choice.put("finish_reason", answer.hasToolExecutionRequests() ? "tool_calls" : "stop");
        ObjectNode message = choice.putObject("message");
        message.put("role", "assistant");
        message.put("content", answer.text());
        if (answer.hasToolExecutionRequests()) {
            ArrayNode calls = message.putArray("tool_calls");
            for (ToolExecutionRequest call : answer.toolExecutionRequests()) {
                ObjectNode node = calls.addObject();
                // unique in a conversation: requests are numbered
                node.put("id", "call_" + number + "_" + calls.size());
                node.put("type", "function");
                ObjectNode function = node.putObject("function");
                function.put("name", nameOnOffer(request.path("tools"), call.name()));
                function.put("arguments", call.arguments());
            }
        }
        long prompt = 0;
        for (Turn turn : turns) {
            prompt += TokenEstimate.of(turn);
        }
        for (JsonNode tool : request.path("tools")) {
            prompt += TokenEstimate.of(tool.path("function").toString());
        }
        long completion = TokenEstimate.answer(answer);
        root.putObject("usage")
                .put("prompt_tokens", prompt)
                .put("completion_tokens", completion)
                .put("total_tokens", prompt + completion);
        return Json.write(root);
    }

    /** The tool's name as the request spells it: clients of providers that allow no dots write underscores. */
    private static String nameOnOffer(JsonNode tools, String name) {
        for (JsonNode tool : tools) {
            String offered = tool.path("function").path("name").asText();
            if (Turn.toolName(offered).equals(Turn.toolName(name))) {
                return offered;
            }
        }
        return name;
    }

    static String models() {
        ObjectNode root = Json.object();
        root.put("object", "list");
        root.putArray("data").addObject().put("id", SimulatedLlm.MODEL).put("object", "model").put("owned_by", "outrider");
        return Json.write(root);
    }

    static String error(String code, String message) {
        ObjectNode root = Json.object();
        root.putObject("error").put("message", message).put("type", code).put("code", code);
        return Json.write(root);
    }
}
