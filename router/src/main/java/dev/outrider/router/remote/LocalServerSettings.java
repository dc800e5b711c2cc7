package dev.outrider.router.remote;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.time.Duration;

/**
 * An SLM behind an OpenAI-compatible server that gives log-probabilities, like vLLM or llama-server: for people whose
 * GPU stands elsewhere. It counts as local: {@code local-only} queries are sent to it.
 *
 * @param url base URL, for example {@code http://gpu-1:8000/v1}
 * @param model what the server calls the model
 * @param keyVariable the environment variable that holds the server's key, where it asks for one
 * @param timeout longest time for one answer, the whole body included
 * @param wordsDecide whether every word of a reply in text counts as a decision, as it does for a model that was trained
 *     to say each thing in one way; for models at large only the choice between a call and text does
 * @param thinking how the server is told whether its model may think
 * @param breaker when to stop asking the server for a while and escalate at once
 */
public record LocalServerSettings(
        String url,
        String model,
        String keyVariable,
        Duration timeout,
        boolean wordsDecide,
        ThinkingControl thinking,
        ResilienceSettings.Breaker breaker) {

    /** Environment variable of the key where the policy names none. */
    public static final String KEY = "OUTRIDER_LOCAL_KEY";

    /** Longest time for one answer where the policy says nothing. */
    public static final Duration TIMEOUT = Duration.ofSeconds(30);

    public LocalServerSettings {
        check(!url.isBlank(), "url", "must not be blank");
        check(!model.isBlank(), "model", "must not be blank");
        check(!keyVariable.isBlank(), "key-variable", "must name an environment variable");
        check(timeout.toMillis() >= 1, "timeout", "must be at least 1ms");
    }

    /** A server with the usual patience: half a minute for an answer. */
    public static LocalServerSettings of(String url, String model) {
        return new LocalServerSettings(
                url, model, KEY, TIMEOUT, false, ThinkingControl.SWITCH, ResilienceSettings.Breaker.DEFAULTS);
    }
}
