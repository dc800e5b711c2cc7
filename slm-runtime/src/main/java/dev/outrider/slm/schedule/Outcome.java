package dev.outrider.slm.schedule;

import java.util.List;

import dev.outrider.slm.GeneratedToken;
import dev.outrider.slm.Generation;

/**
 * What a sequence came to.
 *
 * @param tokens generated tokens, the end token included
 * @param finish why it ended
 * @param reusedTokens tokens of the prompt that a snapshot spared reading
 * @param prefillSeconds wall-clock seconds on the prompt, without waiting for a place
 * @param decodeSeconds wall-clock seconds on the tokens
 */
public record Outcome(
        List<GeneratedToken> tokens,
        Generation.Finish finish,
        int reusedTokens,
        double prefillSeconds,
        double decodeSeconds) {}
