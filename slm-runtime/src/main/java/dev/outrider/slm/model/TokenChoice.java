package dev.outrider.slm.model;

/**
 * A chosen token and how sure the model was of it. All figures are at temperature 1, over the whole vocabulary, before mask and
 * truncation.
 *
 * @param token token id
 * @param logProbability natural logarithm of the token's probability; 0 or less
 * @param top2Margin probability of the most likely token less that of the second most likely; in [0, 1]
 * @param maskedMass probability of all tokens that the mask forbade; in [0, 1]
 */
public record TokenChoice(int token, float logProbability, float top2Margin, float maskedMass) {

    /** No token can be chosen: the logits are no numbers, or the mask allows no token. */
    public static final TokenChoice NONE = new TokenChoice(-1, Float.NaN, Float.NaN, Float.NaN);
}
