package dev.outrider.router;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.OneLine;
import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.slm.SlmChatResponseMetadata;
import dev.outrider.slm.TokenEvidence;
import dev.outrider.slm.TokenScore;
import dev.outrider.tools.SideEffect;

/** The SLM as the cascade asks it: whatever happens comes out as an attempt that can be judged and charged. */
final class LocalTier {

    private final ChatModel model;
    private final Policy policy;
    private final AnswerCheck check;
    private final LongSupplier nanos;

    LocalTier(ChatModel model, Policy policy, AnswerCheck check, LongSupplier nanos) {
        this.model = model;
        this.policy = policy;
        this.check = check;
        this.nanos = nanos;
    }

    /**
     * What one attempt brought.
     *
     * @param response the answer; null when the SLM failed
     * @param error one line when it failed
     * @param seconds wall-clock seconds
     * @param cancelled whether it stopped because nobody waits any more
     */
    record Attempt(@Nullable ChatResponse response, @Nullable String error, double seconds, boolean cancelled) {

        Optional<TokenEvidence> evidence() {
            return response != null && response.metadata() instanceof SlmChatResponseMetadata slm
                    ? Optional.of(slm.evidence())
                    : Optional.empty();
        }

        OptionalDouble confidence() {
            return evidence().map(TokenEvidence::smallestDecisionProbability).orElse(OptionalDouble.empty());
        }
    }

    /** Asks the SLM. Never throws for what the SLM does wrong. */
    Attempt ask(ChatRequest request, ChatRequestOptions options) {
        long begin = nanos.getAsLong();
        try {
            ChatResponse response = model.chat(TierRequest.local(request), options);
            return attempt(response, response == null ? "the SLM answered nothing" : null, begin);
        } catch (CancellationException e) {
            return new Attempt(null, OneLine.of(e), secondsSince(begin), true);
        } catch (RuntimeException e) {
            return attempt(null, OneLine.of(e), begin);
        }
    }

    private Attempt attempt(@Nullable ChatResponse response, @Nullable String error, long begin) {
        return new Attempt(response, error, secondsSince(begin), Thread.currentThread().isInterrupted());
    }

    private double secondsSince(long begin) {
        return (nanos.getAsLong() - begin) / 1e9;
    }

    /** Judges form first, then evidence. */
    Decision judge(ChatRequest request, Attempt attempt) {
        ChatResponse response = attempt.response();
        if (response == null) {
            return new Decision.Escalate(
                    EscalationReason.LOCAL_FAILED, Objects.requireNonNullElse(attempt.error(), "the SLM failed"));
        }
        FinishReason finish = response.finishReason();
        if (finish == FinishReason.LENGTH) {
            return new Decision.Escalate(
                    EscalationReason.LOCAL_FAILED, "the SLM's answer was cut off at its output limit or the context's end");
        }
        if (finish == FinishReason.CONTENT_FILTER) {
            return new Decision.Escalate(EscalationReason.LOCAL_FAILED, "the SLM's answer was filtered");
        }
        Optional<AnswerCheck.Finding> finding = check.check(request, response.aiMessage());
        if (finding.isPresent()) {
            return new Decision.Escalate(finding.get().reason(), finding.get().inOneLine());
        }
        if (finish == FinishReason.OTHER) {
            return new Decision.Escalate(
                    EscalationReason.MALFORMED_ANSWER, "the SLM began a tool call that does not parse");
        }
        return judgeEvidence(attempt, effectOf(attempt));
    }

    /** The heaviest effect of the proposed calls; null for a reply or no answer. */
    @Nullable SideEffect effectOf(Attempt attempt) {
        return attempt.response() == null ? null : check.effectOf(attempt.response().aiMessage());
    }

    private Decision judgeEvidence(Attempt attempt, @Nullable SideEffect effect) {
        OptionalDouble confidence = attempt.confidence();
        if (confidence.isEmpty()) {
            return new Decision.Escalate(
                    EscalationReason.NO_EVIDENCE, "the local answer carries no evidence of its decisions");
        }
        double demanded = policy.accept().minProbability().of(effect);
        String what = effect == null ? "a reply" : effect.name().toLowerCase(Locale.ROOT) + " calls";
        if (policy.accepts(confidence, effect)) {
            return new Decision.Accept(confidence.getAsDouble());
        }
        return new Decision.Escalate(
                EscalationReason.LOW_CONFIDENCE,
                "the least certain decision has probability %.3f, below the %.3f that the policy demands for %s"
                        .formatted(confidence.getAsDouble(), demanded, what));
    }

    /** The attempt as the ledger keeps it. */
    DecisionRecord.Local toRecord(Attempt attempt, boolean keepAnswer) {
        ChatResponse response = attempt.response();
        TokenUsage usage = response == null ? null : response.tokenUsage();
        TokenEvidence evidence = attempt.evidence().orElse(null);
        return new DecisionRecord.Local(
                response == null || response.modelName() == null ? "unknown" : response.modelName(),
                null,
                response == null || !keepAnswer ? null : Answer.of(response.aiMessage()),
                evidence == null ? null : summary(evidence),
                attempt.error(),
                usage == null || usage.inputTokenCount() == null ? 0 : usage.inputTokenCount(),
                usage == null || usage.outputTokenCount() == null ? 0 : usage.outputTokenCount(),
                attempt.seconds());
    }

    private static DecisionRecord.Evidence summary(TokenEvidence evidence) {
        OptionalDouble probability = evidence.smallestDecisionProbability();
        OptionalDouble margin = evidence.tokens().stream()
                .filter(TokenScore::decision)
                .mapToDouble(TokenScore::top2Margin)
                .min();
        OptionalDouble mean = evidence.tokens().stream()
                .filter(TokenScore::decision)
                .mapToDouble(TokenScore::logProbability)
                .average();
        return new DecisionRecord.Evidence(
                probability.isPresent() ? Double.valueOf(probability.getAsDouble()) : null,
                margin.isPresent() ? Double.valueOf(margin.getAsDouble()) : null,
                mean.isPresent() ? Double.valueOf(mean.getAsDouble()) : null,
                evidence.tokens().stream().mapToDouble(TokenScore::logProbability).sum(),
                null,
                null,
                evidence.tokens().size(),
                (int) evidence.tokens().stream().filter(TokenScore::decision).count(),
                evidence.thinkingTokens(),
                evidence.prefillSeconds(),
                evidence.decodeSeconds());
    }

    /** What the attempt cost: the seconds that the SLM computed, or all of them when it does not say. */
    long cost(Attempt attempt) {
        double computed = attempt.evidence()
                .map(e -> e.prefillSeconds() + e.decodeSeconds())
                .filter(seconds -> seconds > 0)
                .orElse(attempt.seconds());
        return MicroUsd.ofSeconds(Math.max(0, computed), policy.models().local().usdPerHour());
    }
}
