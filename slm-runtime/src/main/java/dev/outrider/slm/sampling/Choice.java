package dev.outrider.slm.sampling;

/**
 * A token and how sure the model was of it.
 *
 * @param token token id
 * @param logProbability natural logarithm of the token's probability at temperature 1, over the whole vocabulary; 0 or less
 * @param top2Margin probability of the most likely token less that of the second most likely, at temperature 1; in [0, 1]
 */
public record Choice(int token, double logProbability, double top2Margin) {}
