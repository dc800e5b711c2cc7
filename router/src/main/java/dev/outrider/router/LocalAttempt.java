package dev.outrider.router;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiTokenUsage;
import dev.langchain4j.model.output.TokenUsage;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.remote.MissingEvidence;
import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;

/**
 * What asking the SLM brought, and what it took, a repair included.
 *
 * @param response the answer; null when the SLM failed
 * @param error one line when it failed
 * @param flaw why the answer cannot be taken whatever its evidence; null when it has the right form
 * @param seconds wall-clock seconds
 * @param computedSeconds the part of them that the SLM computed; all of them when it does not say
 * @param inputTokens tokens of the prompts
 * @param outputTokens tokens of the answers, thoughts included
 * @param thinkingTokens tokens of thought
 * @param cancelled whether it stopped because nobody waits any more
 */
record LocalAttempt(
        @Nullable ChatResponse response,
        @Nullable String error,
        @Nullable Escalate flaw,
        double seconds,
        double computedSeconds,
        long inputTokens,
        long outputTokens,
        long thinkingTokens,
        boolean cancelled) {

    static LocalAttempt of(
            @Nullable ChatResponse response,
            @Nullable String error,
            @Nullable Escalate flaw,
            double seconds,
            boolean cancelled) {
        TokenEvidence evidence = evidenceOf(response).orElse(null);
        TokenUsage usage = response == null ? null : response.tokenUsage();
        double computed = evidence == null ? 0 : evidence.prefillSeconds() + evidence.decodeSeconds();
        return new LocalAttempt(
                response,
                error,
                flaw,
                seconds,
                Math.max(0, computed > 0 ? computed : seconds),
                usage == null || usage.inputTokenCount() == null ? 0 : usage.inputTokenCount(),
                usage == null || usage.outputTokenCount() == null ? 0 : usage.outputTokenCount(),
                evidence == null ? reported(usage) : evidence.thinkingTokens(),
                cancelled);
    }

    /** Tokens of thought as a server reports them that gives no evidence. */
    private static long reported(@Nullable TokenUsage usage) {
        return usage instanceof OpenAiTokenUsage details
                        && details.outputTokensDetails() != null
                        && details.outputTokensDetails().reasoningTokens() != null
                ? details.outputTokensDetails().reasoningTokens()
                : 0;
    }

    /** This attempt, with what another one took added to it. */
    LocalAttempt after(LocalAttempt other) {
        return new LocalAttempt(
                response,
                error,
                flaw,
                seconds + other.seconds,
                computedSeconds + other.computedSeconds,
                inputTokens + other.inputTokens,
                outputTokens + other.outputTokens,
                thinkingTokens + other.thinkingTokens,
                cancelled || other.cancelled);
    }

    @Nullable AiMessage message() {
        return response == null ? null : response.aiMessage();
    }

    Optional<TokenEvidence> evidence() {
        return evidenceOf(response);
    }

    /** In one line, for an answer without evidence. */
    String whyNoEvidence() {
        return response != null && response.metadata() instanceof MissingEvidence missing
                ? missing.why()
                : "the local answer carries no evidence of its decisions";
    }

    OptionalDouble confidence() {
        return evidence().map(TokenEvidence::smallestDecisionProbability).orElse(OptionalDouble.empty());
    }

    /** What the SLM calls itself. */
    String model() {
        return response == null || response.modelName() == null ? "unknown" : response.modelName();
    }

    private static Optional<TokenEvidence> evidenceOf(@Nullable ChatResponse response) {
        return response != null && response.metadata() instanceof SlmChatResponseMetadata slm
                ? Optional.of(slm.evidence())
                : Optional.empty();
    }

    /** The attempt as the ledger keeps it. */
    DecisionRecord.Local toRecord(boolean keepAnswer) {
        AiMessage message = message();
        return new DecisionRecord.Local(
                model(),
                null,
                message == null || !keepAnswer ? null : Answer.of(message),
                evidence().map(EvidenceSummary::of).orElse(null),
                error,
                inputTokens,
                outputTokens,
                seconds);
    }
}
