package dev.outrider.router.remote;

import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that one request is charged for.
 *
 * @param inputTokens of the prompt
 * @param outputTokens of the answer
 * @param estimated whether they were counted here: the endpoint did not say, or never answered
 */
record RemoteUsage(long inputTokens, long outputTokens, boolean estimated) {

    static final RemoteUsage NONE = new RemoteUsage(0, 0, false);

    /**
     * What the endpoint reported; an estimate where it reported nothing. A request that was cancelled or failed in a
     * way that may have been billed is charged with its prompt, because the provider read it, and with what it wrote.
     *
     * @param relay who read along; null when nobody did
     */
    static RemoteUsage of(
            RemoteAttempt.Sending sending, ChatRequest request, RemotePrice price, @Nullable AnswerRelay relay) {
        ChatResponse response = sending.response();
        if (response == null) {
            RemoteException fault = sending.fault();
            boolean billed = sending.outcome() == RemoteCall.Outcome.OUTRUN
                    || (sending.outcome() == RemoteCall.Outcome.FAILED && fault != null && fault.kind().mayBeBilled());
            long written = relay == null ? 0 : price.tokensIn(relay.bytes());
            return billed ? new RemoteUsage(price.promptTokens(request), written, true) : NONE;
        }
        TokenUsage usage = response.tokenUsage();
        long input = usage == null ? -1 : countOf(usage.inputTokenCount());
        long output = usage == null ? -1 : countOf(usage.outputTokenCount());
        return input >= 0 && output >= 0
                ? new RemoteUsage(input, output, false)
                : new RemoteUsage(price.promptTokens(request), price.answerTokens(response.aiMessage()), true);
    }

    /** A reported count, or -1 where there is none. */
    private static long countOf(@Nullable Integer tokens) {
        return tokens == null ? -1 : tokens;
    }
}
