package dev.outrider.slm.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a completion says, once parsed. */
public sealed interface Reply {

    /** An answer in words. */
    record Text(String text) implements Reply {}

    /**
     * One or more tool calls, in the order written.
     *
     * @param words what the model said in front of them, in formats that have room for it; null when it said nothing
     */
    record Calls(List<ToolCall> calls, @Nullable String words) implements Reply {

        public Calls {
            calls = List.copyOf(calls);
        }

        public Calls(List<ToolCall> calls) {
            this(calls, null);
        }
    }

    /**
     * Something that the format does not allow. It is reported and not repaired: a guess could run the wrong tool.
     *
     * @param text the completion as written, markers included
     * @param problem what is wrong, in one line
     */
    record Malformed(String text, String problem) implements Reply {}
}
