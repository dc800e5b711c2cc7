package dev.outrider.slm;

import java.util.List;
import java.util.OptionalDouble;

/**
 * White-box evidence of one answer: how sure the model was of every token it wrote, and what the answer cost.
 *
 * @param tokens the answer's tokens in order, the end token included
 * @param promptTokens tokens of the prompt
 * @param thinkingTokens tokens of the answer that were thoughts
 * @param prefillSeconds wall-clock seconds spent on the prompt
 * @param decodeSeconds wall-clock seconds spent on the answer
 */
public record TokenEvidence(
        List<TokenScore> tokens, int promptTokens, int thinkingTokens, double prefillSeconds, double decodeSeconds) {

    public TokenEvidence {
        tokens = List.copyOf(tokens);
    }

    /**
     * The probability of the least certain decision token: a chain of decisions is no stronger than its weakest one,
     * and unlike a mean it does not grow with the length of the answer (arXiv 2404.10136 on why means mislead).
     *
     * @return a value in [0, 1], or empty when the answer holds no decision token
     */
    public OptionalDouble smallestDecisionProbability() {
        return tokens.stream()
                .filter(TokenScore::decision)
                .mapToDouble(TokenScore::probability)
                .min();
    }
}
