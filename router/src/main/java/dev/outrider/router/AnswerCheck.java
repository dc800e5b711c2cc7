package dev.outrider.router;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.OneLine;
import dev.outrider.tools.ArgumentCheck;
import dev.outrider.tools.SideEffect;
import dev.outrider.tools.ToolCatalogue;

/**
 * Whether an answer has the form that the request asks for, whichever model gave it. Says nothing about whether it is
 * right.
 */
final class AnswerCheck {

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final @Nullable ToolCatalogue catalogue;
    private final SideEffect unlisted;

    /** The catalogue's specifications by name. */
    private final Map<String, ToolSpecification> known = new HashMap<>();

    AnswerCheck(@Nullable ToolCatalogue catalogue, SideEffect unlisted) {
        this.catalogue = catalogue;
        this.unlisted = unlisted;
        if (catalogue != null) {
            catalogue.specifications().forEach(tool -> known.put(tool.name(), tool));
        }
    }

    /**
     * What is wrong with an answer.
     *
     * @param reason why a local answer of this form goes to the LLM
     * @param violations one line each
     */
    record Finding(EscalationReason reason, List<String> violations) {
        String inOneLine() {
            return OneLine.of(String.join(" ", violations));
        }
    }

    /** The first kind of thing that is wrong with the answer, or empty when its form is right. */
    Optional<Finding> check(ChatRequest request, AiMessage answer) {
        Map<String, ToolSpecification> offered = new LinkedHashMap<>();
        for (ToolSpecification tool : request.toolSpecifications()) {
            offered.put(tool.name(), tool);
        }
        if (!answer.hasToolExecutionRequests()) {
            return checkText(request, answer.text(), offered);
        }
        if (request.toolChoice() == ToolChoice.NONE) {
            return malformed("The answer calls a tool although the request forbids calls.");
        }
        return checkCalls(answer.toolExecutionRequests(), offered);
    }

    /** The heaviest effect of the calls in an answer; null for a reply without calls. */
    @Nullable SideEffect effectOf(AiMessage answer) {
        SideEffect heaviest = null;
        for (ToolExecutionRequest call : answer.toolExecutionRequests()) {
            SideEffect effect = effectOf(call);
            heaviest = heaviest == null ? effect : heaviest.max(effect);
        }
        return heaviest;
    }

    private SideEffect effectOf(ToolExecutionRequest call) {
        return catalogue != null && catalogue.contains(call.name()) ? catalogue.effectOf(call.name()) : unlisted;
    }

    /** The violations of one call; empty when it may run. */
    List<String> violations(ToolExecutionRequest call, @Nullable ToolSpecification tool) {
        if (tool == null) {
            return List.of("There is no tool named " + OneLine.of(call.name()) + ".");
        }
        if (catalogue != null && tool.equals(known.get(call.name())) && catalogue.check(call).valid()) {
            // the catalogue's own tool: its check holds everything that its specification says
            return List.of();
        }
        ArgumentCheck bySchema = ArgumentCheck.of(tool, call);
        if (!bySchema.valid() || catalogue == null || !catalogue.contains(call.name())) {
            return bySchema.violations();
        }
        // the catalogue knows more than the schema can say, for example how an order number looks
        return catalogue.check(call).violations();
    }

    private Optional<Finding> checkCalls(List<ToolExecutionRequest> calls, Map<String, ToolSpecification> offered) {
        List<String> violations = new ArrayList<>();
        for (ToolExecutionRequest call : calls) {
            ToolSpecification tool = offered.get(call.name());
            if (tool == null) {
                return Optional.of(new Finding(EscalationReason.UNKNOWN_TOOL, violations(call, null)));
            }
            for (String violation : violations(call, tool)) {
                violations.add(call.name() + ": " + violation);
            }
        }
        if (violations.isEmpty()) {
            violations.addAll(repeated(calls));
        }
        return violations.isEmpty()
                ? Optional.empty()
                : Optional.of(new Finding(EscalationReason.INVALID_ARGUMENTS, violations));
    }

    /** Calls that would change the world in the same way twice: small models stutter, and a refund must not. */
    private List<String> repeated(List<ToolExecutionRequest> calls) {
        List<String> violations = new ArrayList<>();
        Set<Map.Entry<String, JsonNode>> seen = new HashSet<>();
        for (ToolExecutionRequest call : calls) {
            if (calls.size() > 1 && effectOf(call).changesTheWorld() && !seen.add(Map.entry(call.name(), arguments(call)))) {
                violations.add(call.name() + ": The same call is made twice.");
            }
        }
        return violations;
    }

    /** As JSON, so that neither blanks nor the order of names make two calls of one. */
    private static JsonNode arguments(ToolExecutionRequest call) {
        try {
            return call.arguments() == null ? JSON.nullNode() : JSON.readTree(call.arguments());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("checked before: " + e.getOriginalMessage(), e);
        }
    }

    private Optional<Finding> checkText(
            ChatRequest request, @Nullable String text, Map<String, ToolSpecification> offered) {
        if (text == null || text.isBlank()) {
            return malformed("The answer is empty.");
        }
        if (request.toolChoice() == ToolChoice.REQUIRED) {
            return malformed("The answer is text although the request requires a tool call.");
        }
        ResponseFormat format = request.responseFormat();
        if (format != null && format.type() == ResponseFormatType.JSON) {
            return checkJson(text, format);
        }
        String leak = LeakedCall.in(text, offered.keySet());
        return leak == null
                ? Optional.empty()
                : malformed("The text holds a tool call that was not made: " + OneLine.of(leak) + ".");
    }

    private static Optional<Finding> checkJson(String text, ResponseFormat format) {
        try {
            if (!JSON.readTree(text).isContainerNode()) {
                return malformed("The answer must be a JSON object.");
            }
        } catch (JsonProcessingException e) {
            return malformed("The answer must be JSON but is not.");
        }
        if (format.jsonSchema() != null && format.jsonSchema().rootElement() instanceof JsonObjectSchema schema) {
            String name = "answer";
            ArgumentCheck check = ArgumentCheck.of(
                    ToolSpecification.builder().name(name).parameters(schema).build(),
                    ToolExecutionRequest.builder().name(name).arguments(text).build());
            if (!check.valid()) {
                return Optional.of(new Finding(EscalationReason.MALFORMED_ANSWER, check.violations()));
            }
        }
        return Optional.empty();
    }

    private static Optional<Finding> malformed(String what) {
        return Optional.of(new Finding(EscalationReason.MALFORMED_ANSWER, List.of(what)));
    }
}
