package dev.outrider.router;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.AnswerCheck.Finding;
import dev.outrider.router.Decision.Escalate;
import dev.outrider.router.internal.OneLine;
import dev.outrider.router.internal.PlainParameters;

/** The SLM as the cascade asks it: whatever happens comes out as an attempt that can be judged and charged. */
final class LocalTier {

    private final ChatModel model;
    private final AnswerCheck check;
    private final LongSupplier nanos;

    LocalTier(ChatModel model, AnswerCheck check, LongSupplier nanos) {
        this.model = model;
        this.check = check;
        this.nanos = nanos;
    }

    /** Asks the SLM, and once more when its answer has the wrong form. Never throws for what the SLM does wrong. */
    LocalAttempt ask(ChatRequest request, ChatRequestOptions options) {
        // the model's name and a provider's own parameters are meant for another model
        ChatRequest own = ChatRequest.builder()
                .messages(request.messages())
                .parameters(PlainParameters.of(request.parameters()).build())
                .build();
        Asked first = askOnce(own, options);
        Finding finding = first.finding();
        AiMessage wrong = first.attempt().message();
        if (finding == null || wrong == null || first.attempt().cancelled() || isBlank(wrong)) {
            return first.attempt();
        }
        LocalAttempt second =
                askOnce(Repair.of(check, own, wrong, finding), options).attempt();
        // a repair that failed altogether hides nothing of what was wrong with the answer
        return second.response() == null && !second.cancelled()
                ? first.attempt().after(second)
                : second.after(first.attempt());
    }

    /** An attempt, and what is wrong with the form of its answer where another answer could be better. */
    private record Asked(LocalAttempt attempt, @Nullable Finding finding) {}

    private Asked askOnce(ChatRequest request, ChatRequestOptions options) {
        long begin = nanos.getAsLong();
        ChatResponse response = null;
        String error = null;
        boolean cancelled = false;
        try {
            response = model.chat(request, options);
            error = response == null ? "the SLM answered nothing" : null;
        } catch (CancellationException e) {
            error = OneLine.of(e);
            cancelled = true;
        } catch (RuntimeException e) {
            error = OneLine.of(e);
        }
        double seconds = (nanos.getAsLong() - begin) / 1e9;
        cancelled |= Thread.currentThread().isInterrupted();
        Finding finding = response == null ? null : findingIn(request, response).orElse(null);
        Escalate flaw = flaw(response, error, finding);
        return new Asked(LocalAttempt.of(response, error, flaw, seconds, cancelled), finding);
    }

    private static @Nullable Escalate flaw(
            @Nullable ChatResponse response, @Nullable String error, @Nullable Finding finding) {
        if (response == null) {
            return new Escalate(EscalationReason.LOCAL_FAILED, Objects.requireNonNullElse(error, "the SLM failed"));
        }
        if (response.finishReason() == FinishReason.LENGTH) {
            return new Escalate(
                    EscalationReason.LOCAL_FAILED, "the SLM's answer was cut off at its output limit or the context's end");
        }
        if (response.finishReason() == FinishReason.CONTENT_FILTER) {
            return new Escalate(EscalationReason.LOCAL_FAILED, "the SLM's answer was filtered");
        }
        return finding == null ? null : new Escalate(finding.reason(), finding.inOneLine());
    }

    /** What is wrong with the form of a complete answer. */
    private Optional<Finding> findingIn(ChatRequest request, ChatResponse response) {
        FinishReason finish = response.finishReason();
        if (finish == FinishReason.LENGTH || finish == FinishReason.CONTENT_FILTER) {
            return Optional.empty();
        }
        Optional<Finding> finding = check.check(request, response.aiMessage());
        return finding.isEmpty() && finish == FinishReason.OTHER
                ? Optional.of(new Finding(
                        EscalationReason.MALFORMED_ANSWER, List.of("the SLM began a tool call that does not parse")))
                : finding;
    }

    private static boolean isBlank(AiMessage message) {
        return !message.hasToolExecutionRequests()
                && (message.text() == null || message.text().isBlank());
    }
}
