package dev.outrider.router.remote;

import org.jspecify.annotations.Nullable;

/**
 * One request to an LLM of the chain, or one that was not even sent.
 *
 * @param model the model's name in the policy
 * @param outcome what became of it
 * @param fault what went wrong; null when it was answered, or was no longer needed
 * @param detail the fault in a few words; null where there is none
 * @param inputTokens prompt tokens charged
 * @param outputTokens answer tokens charged
 * @param estimated whether the tokens were counted here for lack of a report
 * @param microUsd the charge at this model's own prices, in micro-dollars, rounded up
 * @param seconds wall-clock seconds from sending to the end
 */
public record RemoteCall(
        String model,
        Outcome outcome,
        RemoteException.@Nullable Kind fault,
        @Nullable String detail,
        long inputTokens,
        long outputTokens,
        boolean estimated,
        long microUsd,
        double seconds) {

    /** What became of a request. */
    public enum Outcome {
        /** Its answer was taken. */
        ANSWERED,
        /** It brought no usable answer. */
        FAILED,
        /** It was hedged, and the other request was faster. */
        OUTRUN,
        /** Nothing was sent: the breaker is open, there was no free place, or the query's time was over. */
        NOT_SENT
    }

    /** For people: {@code big answered 500 (2 requests)} without the count. */
    String inWords() {
        return detail == null ? model + " answered" : model + " " + detail;
    }
}
