package dev.outrider.slm;

/**
 * One generated token with what the model knew about it. The figures are the model's at temperature 1, before any mask or truncation.
 *
 * @param id token id in the model's vocabulary
 * @param logProbability natural logarithm of the model's probability of this token; 0 or less. 0 for a token that a
 *     {@link TokenConstraint} forced, about which the model was not asked
 * @param top2Margin probability of the most likely token at this position less that of the second most likely, in [0, 1]; 1 for a token
 *     that was forced
 * @param maskedMass probability of all tokens that a {@link TokenConstraint} forbade at this position, in [0, 1]
 * @param seconds wall-clock seconds from the previous token to this one; for the first token the time after the prompt was read
 */
public record GeneratedToken(int id, double logProbability, double top2Margin, double maskedMass, double seconds) {}
