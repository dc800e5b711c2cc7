package dev.outrider.router.remote;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * One LLM of the chain: how it is called, what it costs, where it is.
 *
 * @param name what policy, ledger and messages call it
 * @param usdPerMillionInputTokens price of a million prompt tokens, in dollars
 * @param usdPerMillionOutputTokens price of a million answer tokens, in dollars
 * @param maxOutputTokens longest answer asked for when the request sets no limit; the worst case that is leased
 * @param url base URL of an OpenAI-compatible endpoint; null for the one that {@code OUTRIDER_LLM_URL} names
 * @param model what the endpoint calls the model; null for what {@code OUTRIDER_LLM_MODEL} says
 * @param keyVariable the environment variable that holds the endpoint's key; the key itself never stands in a file
 */
public record RemoteModelSettings(
        String name,
        BigDecimal usdPerMillionInputTokens,
        BigDecimal usdPerMillionOutputTokens,
        int maxOutputTokens,
        @Nullable String url,
        @Nullable String model,
        String keyVariable) {

    /** Longest answer asked for where the policy says nothing, in tokens. */
    public static final int MAX_OUTPUT_TOKENS = 1024;

    public RemoteModelSettings {
        check(!name.isBlank(), "name", "must not be blank");
        check(usdPerMillionInputTokens.signum() > 0, "usd-per-million-input-tokens", "must be more than 0");
        check(usdPerMillionOutputTokens.signum() > 0, "usd-per-million-output-tokens", "must be more than 0");
        check(maxOutputTokens > 0, "max-output-tokens", "must be at least 1");
        check(!keyVariable.isBlank(), "key-variable", "must name an environment variable");
        check(
                (url == null) == (model == null),
                url == null ? "model" : "url",
                "stands alone: url and model say together which model to ask, or both stay away for what the"
                        + " environment names");
    }

    /** A model that is known by its prices only; the environment, or the caller, says where it is. */
    public static RemoteModelSettings priced(
            String name, BigDecimal usdPerMillionInputTokens, BigDecimal usdPerMillionOutputTokens, int maxOutputTokens) {
        return new RemoteModelSettings(
                name, usdPerMillionInputTokens, usdPerMillionOutputTokens, maxOutputTokens, null, null, RemoteModels.KEY);
    }
}
