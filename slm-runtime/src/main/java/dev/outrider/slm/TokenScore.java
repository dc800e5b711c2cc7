package dev.outrider.slm;

/**
 * What the engine knows about one generated token.
 *
 * @param id token id in the model's vocabulary
 * @param text the token's bytes as text (a token may be part of a character, then a replacement character stands here)
 * @param logProbability natural logarithm of the probability that the model gave this token, at temperature 1 and
 *     before any mask or truncation; 0 or less
 * @param top2Margin difference of the probabilities of the most and the second most likely token at this position, in
 *     [0, 1]
 * @param maskedMass probability of all tokens that a grammar forbade at this position, in [0, 1]; 0 without one. A token that the grammar
 *     left no alternative to may have been written without asking the model: then its log-probability is 0 and nothing was masked
 * @param decision whether the token decides something that an agent acts on: the choice between a call and text, a
 *     tool's name, an argument's value. Punctuation that the syntax forces and the wording of a reply are no decisions
 */
public record TokenScore(int id, String text, double logProbability, double top2Margin, double maskedMass, boolean decision) {

    public TokenScore {
        if (!(logProbability <= 0)) {
            throw new IllegalArgumentException("logProbability must be at most 0 but is " + logProbability);
        }
        if (!(top2Margin >= 0 && top2Margin <= 1)) {
            throw new IllegalArgumentException("top2Margin must be in [0, 1] but is " + top2Margin);
        }
        if (!(maskedMass >= 0 && maskedMass <= 1)) {
            throw new IllegalArgumentException("maskedMass must be in [0, 1] but is " + maskedMass);
        }
    }

    /** A token of an answer that no grammar held to a form. */
    public TokenScore(int id, String text, double logProbability, double top2Margin, boolean decision) {
        this(id, text, logProbability, top2Margin, 0, decision);
    }

    /** The probability of this token, in [0, 1]. */
    public double probability() {
        return Math.exp(logProbability);
    }
}
