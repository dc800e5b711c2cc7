package dev.outrider.agents;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * What one person and an agent have said and done so far. For one thread at a time.
 *
 * <p>The history is always one that a model accepts: every call in it has its result. A request that ended before any tool
 * ran leaves nothing behind; one that ended later leaves what was done, so that a follow-up knows it.
 */
public final class Conversation {

    private final Agent agent;
    private final String session = UUID.randomUUID().toString();
    private final List<ChatMessage> messages = new ArrayList<>();
    private final Set<String> callIds = new HashSet<>();

    Conversation(Agent agent) {
        this.agent = agent;
        String systemPrompt = agent.systemPrompt();
        if (systemPrompt != null) {
            messages.add(SystemMessage.from(systemPrompt));
        }
    }

    /** The messages so far, the system message first where there is one. */
    public List<ChatMessage> messages() {
        return List.copyOf(messages);
    }

    /** The name of this conversation in the ledger. */
    public String session() {
        return session;
    }

    /**
     * Works on a request until there is an answer, a limit, a refusal or an interrupt. Never throws for what a model or a tool
     * does wrong: the outcome says it.
     *
     * @throws IllegalArgumentException if the request is blank
     */
    public AgentRun send(String request) {
        if (request.isBlank()) {
            throw new IllegalArgumentException("the request is empty");
        }
        int before = messages.size();
        messages.add(UserMessage.from(request));
        AgentRun run = new AgentLoop(agent, this).run(request);
        if (!run.outcome().succeeded() && run.count(AgentCall.Status.RAN) == 0) {
            messages.subList(before, messages.size()).clear();
        }
        return run;
    }

    void add(ChatMessage message) {
        messages.add(message);
    }

    /**
     * The answer with calls that can be told apart: models leave out ids, and use one twice. The results of two calls with one id
     * would be taken for one.
     */
    AiMessage withUniqueCallIds(AiMessage answer) {
        if (!answer.hasToolExecutionRequests()) {
            return answer;
        }
        List<ToolExecutionRequest> calls = new ArrayList<>();
        for (ToolExecutionRequest call : answer.toolExecutionRequests()) {
            boolean usable = call.id() != null && !call.id().isBlank() && callIds.add(call.id());
            calls.add(ToolExecutionRequest.builder()
                    .id(usable ? call.id() : freshCallId())
                    .name(call.name() == null ? "" : call.name())
                    .arguments(call.arguments())
                    .build());
        }
        return answer.toBuilder().toolExecutionRequests(calls).build();
    }

    private String freshCallId() {
        int number = callIds.size() + 1;
        while (!callIds.add("call_" + number)) {
            number++;
        }
        return "call_" + number;
    }
}
