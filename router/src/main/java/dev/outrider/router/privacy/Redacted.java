package dev.outrider.router.privacy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A request that may leave, and the way back. One instance belongs to one query. Safe for many threads.
 */
public final class Redacted {

    private final ChatRequest request;
    private final int replaced;
    private final TextRedaction texts;
    private final Map<String, JsonObjectSchema> parameters = new HashMap<>();

    Redacted(ChatRequest request, TextRedaction texts) {
        this.request = request;
        this.texts = texts;
        this.replaced = texts.size();
        for (ToolSpecification tool : request.toolSpecifications()) {
            if (tool.parameters() != null) {
                parameters.put(tool.name(), tool.parameters());
            }
        }
    }

    /** The request with placeholders. */
    public ChatRequest request() {
        return request;
    }

    /** How many different values were replaced in the request. */
    public int replaced() {
        return replaced;
    }

    /** A further text of the same query, an answer for example, as a ledger may keep it: values become placeholders. */
    public String redact(String text) {
        return texts.redact(text);
    }

    /** The arguments of a call, or another JSON text, as a ledger may keep it. */
    public String redactJson(String json) {
        return texts.redactJson(json);
    }

    /** The text with the values that its placeholders stand for. */
    public String restore(String text) {
        return texts.restore(text, UnaryOperator.identity());
    }

    /**
     * The answer as the caller may use it: in text and arguments every placeholder is the value that it stands for. A
     * number comes back as a number where the tool's schema asks for one.
     */
    public ChatResponse restore(ChatResponse response) {
        AiMessage answer = response.aiMessage();
        AiMessage.Builder restored = answer.toBuilder();
        if (answer.text() != null) {
            restored.text(restore(answer.text()));
        }
        if (answer.thinking() != null) {
            restored.thinking(restore(answer.thinking()));
        }
        if (answer.hasToolExecutionRequests()) {
            List<ToolExecutionRequest> calls = answer.toolExecutionRequests().stream()
                    .map(call -> call.arguments() == null
                            ? call
                            : call.toBuilder().arguments(restoreArguments(call)).build())
                    .toList();
            restored.toolExecutionRequests(calls);
        }
        return response.toBuilder().aiMessage(restored.build()).build();
    }

    private String restoreArguments(ToolExecutionRequest call) {
        JsonObjectSchema schema = parameters.get(call.name());
        String edited = JsonText.edit(call.arguments(), literal -> restored(literal, schema));
        // what a model did not finish is still shown to the caller, so it must read as one text
        return edited == null ? texts.restore(call.arguments(), JsonText::escaped) : edited;
    }

    private JsonText.@Nullable Change restored(JsonText.Literal literal, @Nullable JsonObjectSchema schema) {
        if (literal.isNumber()) {
            return null;
        }
        String value = texts.valueOf(literal.text());
        if (value != null && literal.property() != null && schema != null
                && wantsNumber(schema.properties().get(literal.property())) && value.matches("[1-9][0-9]*")) {
            return new JsonText.Change(value, true);
        }
        String text = restore(literal.text());
        return text.equals(literal.text()) ? null : new JsonText.Change(text, false);
    }

    private static boolean wantsNumber(@Nullable JsonSchemaElement schema) {
        return schema instanceof JsonIntegerSchema || schema instanceof JsonNumberSchema;
    }
}
