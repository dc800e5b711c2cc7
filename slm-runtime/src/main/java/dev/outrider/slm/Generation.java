package dev.outrider.slm;

import java.util.List;

/**
 * The continuation of a prompt.
 *
 * @param tokens the generated tokens in order, the end token included
 * @param text their text, without control tokens
 * @param finish why the generation ended
 * @param promptTokens tokens of the prompt
 * @param reusedTokens how many of them a snapshot spared reading
 * @param prefillSeconds wall-clock seconds spent on reading the prompt
 * @param decodeSeconds wall-clock seconds spent on the generated tokens
 */
public record Generation(
        List<GeneratedToken> tokens,
        String text,
        Finish finish,
        int promptTokens,
        int reusedTokens,
        double prefillSeconds,
        double decodeSeconds) {

    public Generation {
        tokens = List.copyOf(tokens);
    }

    /** The ids of the generated tokens in order, the end token included. */
    public int[] ids() {
        return tokens.stream().mapToInt(GeneratedToken::id).toArray();
    }

    /** Why a generation ended. */
    public enum Finish {
        /** An end token came, or {@link GenerationOptions#stopAfter} said so. */
        STOP,
        /** The most tokens asked for were generated, or the context was full. */
        LENGTH,
        /** {@link GenerationOptions#cancelled} said so. */
        CANCELLED
    }
}
