package dev.outrider.slm;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * White-box evidence of one answer: how sure the model was of every token it wrote, and what the answer cost.
 *
 * @param tokens the answer's tokens in order, the end token included
 * @param promptTokens tokens of the prompt
 * @param thinkingTokens tokens of the answer that were thoughts
 * @param toolNameProbability probability of the tokens that name the called tools, all calls together, in [0, 1]; 1 for
 *     an answer without a call
 * @param toolNames how likely the model was to call each of the offered tools; null where that was not found out
 * @param prefillSeconds wall-clock seconds spent on the prompt
 * @param decodeSeconds wall-clock seconds spent on the answer
 * @param cpuJoules energy that the processor's packages used while the answer was computed, whatever else ran; null where no counter can
 *     be read
 */
public record TokenEvidence(
        List<TokenScore> tokens,
        int promptTokens,
        int thinkingTokens,
        double toolNameProbability,
        @Nullable ToolNames toolNames,
        double prefillSeconds,
        double decodeSeconds,
        @Nullable Double cpuJoules) {

    public TokenEvidence {
        tokens = List.copyOf(tokens);
        if (!(toolNameProbability >= 0 && toolNameProbability <= 1)) {
            throw new IllegalArgumentException("toolNameProbability must be in [0, 1] but is " + toolNameProbability);
        }
    }

    /** Evidence of an answer about which less is known. */
    public TokenEvidence(
            List<TokenScore> tokens,
            int promptTokens,
            int thinkingTokens,
            double toolNameProbability,
            double prefillSeconds,
            double decodeSeconds) {
        this(tokens, promptTokens, thinkingTokens, toolNameProbability, null, prefillSeconds, decodeSeconds, null);
    }

    /** Evidence of an answer that names no tool. */
    public TokenEvidence(
            List<TokenScore> tokens, int promptTokens, int thinkingTokens, double prefillSeconds, double decodeSeconds) {
        this(tokens, promptTokens, thinkingTokens, 1, prefillSeconds, decodeSeconds);
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

    /**
     * The smallest top-2 margin of the decision tokens.
     *
     * @return a value in [0, 1], or empty when the answer holds no decision token
     */
    public OptionalDouble smallestDecisionMargin() {
        return tokens.stream()
                .filter(TokenScore::decision)
                .mapToDouble(TokenScore::top2Margin)
                .min();
    }

    /**
     * The mean log-probability of the decision tokens, in nats.
     *
     * @return at most 0, or empty when the answer holds no decision token
     */
    public OptionalDouble meanDecisionLogProbability() {
        return tokens.stream()
                .filter(TokenScore::decision)
                .mapToDouble(TokenScore::logProbability)
                .average();
    }

    /** The log-probability of the whole answer, in nats: at most 0. */
    public double sumLogProbability() {
        return tokens.stream().mapToDouble(TokenScore::logProbability).sum();
    }

    /** The largest probability that a grammar masked away at one token, in [0, 1]; 0 where it had nothing to correct. */
    public double largestMaskedMass() {
        return tokens.stream().mapToDouble(TokenScore::maskedMass).max().orElse(0);
    }

    /** {@link ToolNames#margin} of the offered tools, where it is known. */
    public OptionalDouble toolNameMargin() {
        return Optional.ofNullable(toolNames).map(ToolNames::margin).orElse(OptionalDouble.empty());
    }

    /** How many tokens decide something. */
    public int decisionTokens() {
        return (int) tokens.stream().filter(TokenScore::decision).count();
    }
}
