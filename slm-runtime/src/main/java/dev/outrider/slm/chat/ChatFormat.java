package dev.outrider.slm.chat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a model was taught to read conversations and to write answers. Immutable and safe to use from any thread.
 *
 * <p>Prompts are built from token ids, segment by segment: the markers of the format are single tokens, and whatever
 * comes from a message, a tool result or a tool's description is encoded as plain text. So no text can open or close a
 * turn.
 */
public interface ChatFormat {

    /** The format's name, such as {@code outrider-1}. */
    String name();

    /** Whether tools can be offered in this format. */
    boolean supportsTools();

    /**
     * The prompt of a conversation, up to where the assistant's answer begins, with thoughts as the model's own template decides.
     *
     * @throws dev.langchain4j.exception.UnsupportedFeatureException as {@link #prompt(List, List, ThinkingSwitch)}
     */
    default Prompt prompt(List<ChatMessage> messages, List<ToolSpecification> tools) {
        return prompt(messages, tools, ThinkingSwitch.AS_ASKED);
    }

    /**
     * The prompt of a conversation, up to where the assistant's answer begins.
     *
     * @param messages the conversation, oldest first
     * @param tools the tools offered, in order; empty when {@link #supportsTools} is false
     * @param thinking whether the answer begins with thoughts; of no effect where {@link #thoughts} are empty
     * @throws dev.langchain4j.exception.UnsupportedFeatureException when a message holds something other than text, or
     *     is of a kind that the format has no place for
     */
    Prompt prompt(List<ChatMessage> messages, List<ToolSpecification> tools, ThinkingSwitch thinking);

    /** How thoughts are set apart; empty when the model does not think. */
    default Optional<ThoughtMarkers> thoughts() {
        return Optional.empty();
    }

    /** The tokens that an answer begins with when it must be a tool call; they go behind the prompt and its opening. */
    int[] callOpening();

    /** Whether this token, as part of an answer, begins a tool call. */
    boolean beginsCall(int token);

    /** Tokens that end an answer. */
    Set<Integer> stopTokens();

    /** How calls are written; empty in a format without them. */
    default Optional<CallSyntax> callSyntax() {
        return Optional.empty();
    }

    /**
     * Whether the model was taught JSON without blanks and arguments in the order in which they are declared. Others write one blank or
     * none, and any order.
     */
    default boolean writesCompactJson() {
        return false;
    }

    /**
     * Parses an answer.
     *
     * @param answer all tokens of the answer: {@link Prompt#opening} and {@link #callOpening} when they were put in front, and the end
     *     token when there is one
     * @param tools the tools that were offered; formats whose arguments are untyped text read them by the tools' schemas
     */
    Completion parse(int[] answer, List<ToolSpecification> tools);

    /** As {@link #parse(int[], List)}, without tools. */
    default Completion parse(int[] answer) {
        return parse(answer, List.of());
    }
}
