package dev.outrider.router;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.outrider.router.AnswerCheck.Finding;

/**
 * The one wish for a better answer: the conversation continued with the wrong answer and what is wrong with it, call by
 * call. Everything before stays as it was, so that a model that kept its state goes on from there. There is no second
 * wish: small models repeat the same malformed call.
 */
final class Repair {

    private Repair() {}

    static ChatRequest of(AnswerCheck check, ChatRequest request, AiMessage wrong, Finding finding) {
        List<ChatMessage> messages = new ArrayList<>(request.messages());
        messages.add(wrong);
        if (wrong.hasToolExecutionRequests()) {
            Map<String, ToolSpecification> offered = new HashMap<>();
            request.toolSpecifications().forEach(tool -> offered.put(tool.name(), tool));
            for (ToolExecutionRequest call : wrong.toolExecutionRequests()) {
                List<String> violations = check.violations(call, offered.get(call.name()));
                String verdict = violations.isEmpty()
                        ? "Not executed, because another call of this answer is invalid."
                        : "Not executed. " + String.join(" ", violations);
                messages.add(ToolExecutionResultMessage.from(call, verdict + " Answer again with corrected calls."));
            }
        } else {
            messages.add(UserMessage.from(finding.inOneLine() + " Answer again in the form that was asked for."));
        }
        return request.toBuilder().messages(messages).build();
    }
}
