package dev.outrider.evals.convert;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One query that an agent sent to its LLM, with the answer.
 *
 * @param id unique within its log
 * @param group queries that belong together: one conversation or task; never split between training and held out
 * @param tools offered tools as {@code {name, description, parameters}}
 * @param messages the conversation; empty where only the answer was kept (a ledger)
 * @param answer what the LLM answered
 * @param outcome whether the answer was right or its task a success, when the log says so
 * @param localRight whether the SLM's own answer was right, when it was asked and that is known
 * @param exportable whether it may become training data; cases of an evaluation suite may not
 */
public record AgentQuery(
        String id,
        String group,
        List<JsonNode> tools,
        List<ChatMessage> messages,
        AiMessage answer,
        @Nullable Boolean outcome,
        @Nullable Boolean localRight,
        boolean exportable) {

    public AgentQuery {
        tools = List.copyOf(tools);
        messages = List.copyOf(messages);
    }

    AgentQuery with(List<ChatMessage> otherMessages, AiMessage otherAnswer) {
        return new AgentQuery(id, group, tools, otherMessages, otherAnswer, outcome, localRight, exportable);
    }

    /** The same query with what was measured of the SLM. */
    public AgentQuery measured(@Nullable Boolean right) {
        return new AgentQuery(id, group, tools, messages, answer, outcome, right, exportable);
    }
}
