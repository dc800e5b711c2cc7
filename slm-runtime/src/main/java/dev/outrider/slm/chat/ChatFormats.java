package dev.outrider.slm.chat;

import java.util.Optional;

import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.tokenizer.Tokenizer;

/** Finds the prompt format of a model file. */
public final class ChatFormats {

    private static final String KEY = "outrider.chat_format";

    /** Whether a model of the format outrider-1 was taught to think. */
    private static final String THINKS = "outrider.thinking";

    private static final String TEMPLATE = "tokenizer.chat_template";

    private ChatFormats() {}

    /**
     * The format that the file names in {@code outrider.chat_format}, else plain ChatML when its vocabulary has the
     * marker {@code <|im_start|>}.
     *
     * @throws ChatFormatException when the format is unknown, there is none, or the vocabulary lacks its markers
     */
    public static ChatFormat of(GgufMetadata metadata, Tokenizer tokenizer) {
        Optional<String> named = metadata.findString(KEY);
        try {
            if (named.isPresent()) {
                return switch (named.get()) {
                    case OutriderFormat.NAME -> new OutriderFormat(tokenizer, metadata.bool(THINKS, false));
                    case ChatMlFormat.NAME -> new ChatMlFormat(tokenizer);
                    default -> throw new ChatFormatException(
                            KEY + " is '" + named.get() + "', which is not known; known are "
                            + OutriderFormat.NAME + " and " + ChatMlFormat.NAME);
                };
            }
            if (tokenizer.special(Markers.TURN_START).isPresent()) {
                return new ChatMlFormat(
                        tokenizer, metadata.findString(TEMPLATE).orElse("").contains("enable_thinking"));
            }
        } catch (ChatFormatException e) {
            throw new ChatFormatException(metadata.file() + ": " + e.getMessage());
        }
        throw new ChatFormatException(
                metadata.file() + ": no prompt format is known for this model: it has neither the key " + KEY
                + " nor the token " + Markers.TURN_START + "; use it for logits and plain generation only");
    }
}
