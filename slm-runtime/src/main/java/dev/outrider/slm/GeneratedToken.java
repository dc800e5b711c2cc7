package dev.outrider.slm;

/**
 * One generated token with what the model knew about it.
 *
 * @param id token id in the model's vocabulary
 * @param logProbability natural logarithm of the model's probability of this token, at temperature 1 and before any truncation;
 *     0 or less
 * @param top2Margin probability of the most likely token at this position less that of the second most likely, in [0, 1]
 * @param seconds wall-clock seconds from the previous token to this one; for the first token the time after the prompt was read
 */
public record GeneratedToken(int id, double logProbability, double top2Margin, double seconds) {}
