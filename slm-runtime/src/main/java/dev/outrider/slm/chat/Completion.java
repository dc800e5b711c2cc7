package dev.outrider.slm.chat;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A parsed completion.
 *
 * <p>A token is a <em>decision</em> when another token in its place would have made an agent act differently:
 *
 * <ul>
 *   <li>the first token after the thoughts: call or text;
 *   <li>every token that holds a part of a tool's name, its closing quote included, for the name might have gone on;
 *   <li>every token that holds a part of an argument's key or value, or of the comma or bracket behind a value: there
 *       another optional argument or another element might have followed;
 *   <li>the token behind a call: another call, or the end.
 * </ul>
 *
 * <p>The words of a text reply are none in a format for models at large: there are many ways to say the same. A model of
 * the format {@code outrider-1} says each thing in one way, so there they are: they name what is missing, or repeat the
 * facts of a result.
 *
 * <p>What the syntax forces is none: the fixed {@code {"name":"} and {@code ","arguments":{}, colons, the quote that
 * opens a string value, the braces that close a call. A token counts as soon as one of its bytes does. In a malformed
 * completion every token is a decision, since nothing in it is known to be forced.
 */
public final class Completion {

    private final Reply reply;
    private final @Nullable String thinking;
    private final int thinkingTokens;
    private final BitSet decisions;
    private final BitSet toolNames;

    Completion(Reply reply, @Nullable String thinking, int thinkingTokens, BitSet decisions, BitSet toolNames) {
        this.reply = reply;
        this.thinking = thinking;
        this.thinkingTokens = thinkingTokens;
        this.decisions = decisions;
        this.toolNames = toolNames;
    }

    public Reply reply() {
        return reply;
    }

    /** The thoughts before the reply, without their markers, or null when there were none. */
    public @Nullable String thinking() {
        return thinking;
    }

    /** Tokens between the markers of the thoughts. */
    public int thinkingTokens() {
        return thinkingTokens;
    }

    /** Whether the token at this place of the completion is a decision. */
    public boolean isDecision(int place) {
        return decisions.get(place);
    }

    /** Whether the token at this place of the completion holds a part of a tool's name, its closing quote included. */
    public boolean isToolName(int place) {
        return toolNames.get(place);
    }
}
