package dev.outrider.slm.chat;

import java.util.List;

import dev.outrider.slm.tokenizer.Tokenizer;

/** The special tokens of ChatML and its kin, by their written form. */
final class Markers {

    static final String TURN_START = "<|im_start|>";
    static final String TURN_END = "<|im_end|>";
    static final String TOOLS = "<tools>";
    static final String TOOLS_END = "</tools>";
    static final String CALL = "<tool_call>";
    static final String CALL_END = "</tool_call>";
    static final String THINK = "<think>";
    static final String THINK_END = "</think>";

    /** All markers that templates of ChatML and its kin use. */
    static final List<String> CHAT = List.of(
            TURN_START, TURN_END, TOOLS, TOOLS_END, CALL, CALL_END, THINK, THINK_END, "<tool_response>", "</tool_response>");

    /** The place of a marker that a vocabulary lacks. */
    static final int NONE = -1;

    private Markers() {}

    /**
     * The id of a marker.
     *
     * @throws ChatFormatException when the vocabulary lacks it
     */
    static int required(Tokenizer tokenizer, String marker, String format) {
        return tokenizer
                .special(marker)
                .orElseThrow(() -> new ChatFormatException(
                        "the prompt format " + format + " needs the special token " + marker
                                + ", which the vocabulary lacks"));
    }

    /** The id of a marker, or {@link #NONE}. */
    static int optional(Tokenizer tokenizer, String marker) {
        return tokenizer.special(marker).orElse(NONE);
    }
}
