package dev.outrider.evals.match;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.evals.suite.ExpectedCall;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.MatchRule;
import dev.outrider.evals.suite.ToolDefinition;

/** The answer that a case's own rule accepts: what an LLM would say if it were always right. */
public final class GoldAnswer {

    private GoldAnswer() {}

    /**
     * A right answer to a case: calls with the first acceptable values, the reference's text, or a sentence made of what the reply
     * must mention.
     *
     * @throws IllegalArgumentException for a case that cannot be run (recorded outcomes)
     */
    public static AiMessage of(EvalCase evalCase) {
        return switch (evalCase.expected()) {
            case Expected.Calls calls -> AiMessage.from(calls(evalCase, calls));
            case Expected.NoCall reply -> AiMessage.from(text(reply));
            case Expected.AnyCall any -> AiMessage.from(minimalCall(evalCase));
            case Expected.Outcomes outcomes ->
                throw new IllegalArgumentException(evalCase.id() + " holds recorded outcomes; there is no answer to give");
        };
    }

    static List<ToolExecutionRequest> calls(EvalCase evalCase, Expected.Calls expected) {
        List<ToolExecutionRequest> requests = new ArrayList<>();
        for (ExpectedCall call : expected.calls()) {
            JsonNode schema = evalCase.tool(call.name()).<JsonNode>map(ToolDefinition::parameters).orElseGet(Json::object);
            ObjectNode arguments = Json.object();
            call.arguments().forEach((parameter, acceptable) -> {
                boolean required = required(schema, parameter);
                JsonNode chosen = choose(acceptable, required);
                if (!isEmptyText(chosen) || required || evalCase.rule() != MatchRule.BFCL_AST) {
                    PyType declared = PyType.declared(schema.path("properties").path(parameter));
                    boolean nested = evalCase.rule() == MatchRule.BFCL_AST && (declared == PyType.DICT || declared == PyType.LIST);
                    arguments.set(parameter, nested ? unfold(chosen) : chosen);
                }
            });
            requests.add(request("call_" + (requests.size() + 1), call.name(), arguments));
        }
        return requests;
    }

    /** The first acceptable value; of a parameter that must be there, the first that is not {@code ""}, which may mean "leave out". */
    private static JsonNode choose(List<JsonNode> acceptable, boolean required) {
        return required
                ? acceptable.stream().filter(v -> !isEmptyText(v)).findFirst().orElse(acceptable.getFirst())
                : acceptable.getFirst();
    }

    /** BFCL writes a dict's acceptable values per key: {@code {"a":[1,2]}} becomes {@code {"a":1}}. */
    private static JsonNode unfold(JsonNode value) {
        if (value.isArray()) {
            var list = Json.object().arrayNode();
            value.forEach(element -> list.add(element.isObject() ? unfold(element) : element));
            return list;
        }
        if (!value.isObject()) {
            return value;
        }
        ObjectNode object = Json.object();
        value.properties().forEach(field -> {
            JsonNode acceptable = field.getValue();
            if (!acceptable.isArray()) {
                object.set(field.getKey(), acceptable);
            } else if (!acceptable.isEmpty() && !isEmptyText(acceptable.get(0))) {
                object.set(field.getKey(), acceptable.get(0));
            }
        });
        return object;
    }

    private static String text(Expected.NoCall reply) {
        if (!reply.texts().isEmpty()) {
            return reply.texts().getFirst();
        }
        String reference = reply.referenceText();
        if (reference != null && !reference.isBlank() && MentionsMatcher.match(reply.mentions(), reference).right()) {
            return reference;
        }
        List<String> said = reply.mentions().stream().map(List::getFirst).toList();
        String decision = reply.decision() == null ? "" : reply.decision().toLowerCase(Locale.ROOT);
        boolean asks = decision.contains("ask") || decision.contains("info") || decision.contains("missing");
        if (!said.isEmpty()) {
            String list = String.join(", ", said);
            return asks ? "Something is missing. Please tell me: " + list + "." : "Here is what I found: " + list + ".";
        }
        return asks ? "Something is missing. Could you tell me more?" : "I cannot do that with the tools at hand.";
    }

    private static ToolExecutionRequest minimalCall(EvalCase evalCase) {
        ToolDefinition tool = evalCase.tools().getFirst();
        ObjectNode arguments = Json.object();
        tool.parameters().path("required").forEach(name -> arguments.set(
                name.asText(), anyValue(tool.parameters().path("properties").path(name.asText()))));
        return request("call_1", tool.name(), arguments);
    }

    private static JsonNode anyValue(JsonNode schema) {
        var nodes = Json.object();
        if (schema.path("enum").isArray() && !schema.path("enum").isEmpty()) {
            return schema.path("enum").get(0);
        }
        return switch (PyType.declared(schema)) {
            case STR, NONE -> nodes.textNode("x");
            case INT -> nodes.numberNode(1);
            case FLOAT -> nodes.numberNode(1.0);
            case BOOL -> nodes.booleanNode(true);
            case LIST -> nodes.arrayNode();
            case DICT -> nodes;
        };
    }

    private static boolean required(JsonNode schema, String parameter) {
        for (JsonNode name : schema.path("required")) {
            if (name.asText().equals(parameter)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isEmptyText(JsonNode value) {
        return value.isTextual() && value.asText().isEmpty();
    }

    private static ToolExecutionRequest request(String id, String name, ObjectNode arguments) {
        return ToolExecutionRequest.builder().id(id).name(name).arguments(Json.write(arguments)).build();
    }
}
