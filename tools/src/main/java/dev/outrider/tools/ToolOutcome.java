package dev.outrider.tools;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import java.time.Duration;

/**
 * What came of one tool call.
 *
 * @param request the call as it was asked for
 * @param succeeded whether the tool ran to its end; a tool's own refusal ("No order ORD-99999.") is an answer and
 *     counts as success, a call that failed its check or a tool that threw does not
 * @param text what the model reads: the tool's result, or {@code {"error":"…"}} in one line
 * @param effect the class of the tool, whether or not it got as far as changing anything
 * @param took time from the call to the text, the check included
 */
public record ToolOutcome(
        ToolExecutionRequest request, boolean succeeded, String text, SideEffect effect, Duration took) {

    /** The message that goes back into the conversation. */
    public ToolExecutionResultMessage toMessage() {
        return ToolExecutionResultMessage.builder()
                .id(request.id())
                .toolName(request.name())
                .text(text)
                .isError(!succeeded)
                .build();
    }
}
