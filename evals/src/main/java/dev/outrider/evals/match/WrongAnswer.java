package dev.outrider.evals.match;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.StreamSupport;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Json;
import dev.outrider.evals.suite.ToolDefinition;

/** Answers that are wrong the way models are wrong: another tool, a changed argument, a lost call, words instead of a call. */
public final class WrongAnswer {

    private static final String WORDS = "I have taken care of it.";

    private WrongAnswer() {}

    /** A wrong answer to a case, by its own rule; empty where every mistake tried is accepted (a case that allows any call). */
    public static Optional<AiMessage> of(EvalCase evalCase, Random random) {
        List<AiMessage> candidates = candidates(evalCase, GoldAnswer.of(evalCase), random);
        Collections.shuffle(candidates, random);
        candidates.add(AiMessage.from(WORDS));
        return candidates.stream().filter(a -> !Judge.decided(evalCase, a).map(Verdict::right).orElse(false)).findFirst();
    }

    private static List<AiMessage> candidates(EvalCase evalCase, AiMessage gold, Random random) {
        List<AiMessage> candidates = new ArrayList<>();
        if (!gold.hasToolExecutionRequests()) {
            if (!evalCase.tools().isEmpty()) {
                ToolDefinition tool = evalCase.tools().get(random.nextInt(evalCase.tools().size()));
                candidates.add(AiMessage.from(request(tool.name(), placeholders(tool))));
            }
            return candidates;
        }
        List<ToolExecutionRequest> calls = gold.toolExecutionRequests();
        ToolExecutionRequest first = calls.getFirst();
        ObjectNode arguments = Json.readObject(first.arguments());
        evalCase.tools().stream()
                .filter(t -> !t.name().equals(first.name()))
                .skip(random.nextInt(Math.max(1, evalCase.tools().size() - 1)))
                .findFirst()
                .ifPresent(t -> candidates.add(with(calls, request(t.name(), placeholders(t)))));
        if (arguments != null) {
            for (var argument : arguments.properties()) {
                ObjectNode changed = arguments.deepCopy();
                changed.set(argument.getKey(), changed(argument.getValue(), schemaOf(evalCase, first.name(), argument.getKey())));
                candidates.add(with(calls, request(first.name(), changed)));
            }
        }
        if (calls.size() > 1) {
            candidates.add(AiMessage.from(calls.subList(0, calls.size() - 1)));
        }
        return candidates;
    }

    private static JsonNode schemaOf(EvalCase evalCase, String tool, String parameter) {
        return evalCase.tool(tool)
                .map(t -> t.parameters().path("properties").path(parameter))
                .orElseGet(Json::object);
    }

    /** Another value of the same type: the next of an enum, a neighbouring number, a text with one digit or letter changed. */
    private static JsonNode changed(JsonNode value, JsonNode schema) {
        ObjectNode nodes = Json.object();
        if (schema.path("enum").isArray()) {
            return StreamSupport.stream(schema.path("enum").spliterator(), false)
                    .filter(v -> !v.equals(value))
                    .findFirst()
                    .orElse(value);
        }
        return switch (PyType.of(value)) {
            case INT -> nodes.numberNode(value.longValue() + 1);
            case FLOAT -> nodes.numberNode(value.doubleValue() + 1);
            case BOOL -> nodes.booleanNode(!value.booleanValue());
            case STR -> nodes.textNode(misspelt(value.asText()));
            case LIST -> nodes.arrayNode();
            case DICT -> nodes;
            case NONE -> nodes.textNode("x");
        };
    }

    private static String misspelt(String text) {
        if (text.isEmpty()) {
            return "x";
        }
        int last = text.length() - 1;
        char c = text.charAt(last);
        char other = c >= '0' && c <= '9' ? (char) ('0' + (c - '0' + 1) % 10) : c == 'x' ? 'y' : 'x';
        return text.substring(0, last) + other;
    }

    private static ObjectNode placeholders(ToolDefinition tool) {
        ObjectNode arguments = Json.object();
        tool.parameters().path("required").forEach(name -> arguments.put(name.asText(), "unknown"));
        return arguments;
    }

    private static AiMessage with(List<ToolExecutionRequest> calls, ToolExecutionRequest first) {
        List<ToolExecutionRequest> changed = new ArrayList<>(calls);
        changed.set(0, first);
        return AiMessage.from(changed);
    }

    private static ToolExecutionRequest request(String name, ObjectNode arguments) {
        return ToolExecutionRequest.builder().id("call_1").name(name).arguments(Json.write(arguments)).build();
    }
}
