package dev.outrider.slm.chat;

import java.util.List;

/** What a completion says, once parsed. */
public sealed interface Reply {

    /** An answer in words. */
    record Text(String text) implements Reply {}

    /** One or more tool calls, in the order written. */
    record Calls(List<ToolCall> calls) implements Reply {

        public Calls {
            calls = List.copyOf(calls);
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
