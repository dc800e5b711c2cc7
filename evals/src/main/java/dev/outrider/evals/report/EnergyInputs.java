package dev.outrider.evals.report;

import static java.util.Map.entry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What energy is reckoned with. Nothing here is measured by Outrider and nothing has a default: whoever wants joules states them, and
 * every report repeats what was stated.
 *
 * <p>Local joules = seconds of the SLM's attempts · watts · PUE / utilisation. LLM joules = (prompt tokens · joules + answer tokens ·
 * joules) · PUE / utilisation. The PUE (power usage effectiveness, ISO/IEC 30134-2) is the building's power over the machines'; dividing
 * by the utilisation (share of the time in which the machine works) lets every answer carry its part of the idle time.
 *
 * @param localWatts power of the machine while the SLM answers
 * @param localPue at least 1; 1 for a machine under a desk
 * @param localUtilisation in (0, 1]
 * @param llmJoulesPerPromptToken of the LLM's machines
 * @param llmJoulesPerAnswerToken of the LLM's machines
 * @param llmPue at least 1
 * @param llmUtilisation in (0, 1]; 1 where the joules of a token carry the idle time already
 */
public record EnergyInputs(
        double localWatts,
        double localPue,
        double localUtilisation,
        double llmJoulesPerPromptToken,
        double llmJoulesPerAnswerToken,
        double llmPue,
        double llmUtilisation) {

    private static final Map<String, Function<EnergyInputs, Double>> KEYS = keys();

    public EnergyInputs {
        check("local-watts", localWatts, 0, 100_000);
        check("local-pue", localPue, 1, 10);
        check("local-utilisation", localUtilisation, 1e-6, 1);
        check("llm-joules-per-prompt-token", llmJoulesPerPromptToken, 0, 10_000);
        check("llm-joules-per-answer-token", llmJoulesPerAnswerToken, 0, 10_000);
        check("llm-pue", llmPue, 1, 10);
        check("llm-utilisation", llmUtilisation, 1e-6, 1);
    }

    private static void check(String key, double value, double low, double high) {
        if (!(value >= low && value <= high)) {
            throw new IllegalArgumentException("energy: " + key + " must be from " + low + " to " + high + " but is " + value);
        }
    }

    private static Map<String, Function<EnergyInputs, Double>> keys() {
        Map<String, Function<EnergyInputs, Double>> keys = new LinkedHashMap<>();
        for (var e : List.<Map.Entry<String, Function<EnergyInputs, Double>>>of(
                entry("local-watts", EnergyInputs::localWatts),
                entry("local-pue", EnergyInputs::localPue),
                entry("local-utilisation", EnergyInputs::localUtilisation),
                entry("llm-joules-per-prompt-token", EnergyInputs::llmJoulesPerPromptToken),
                entry("llm-joules-per-answer-token", EnergyInputs::llmJoulesPerAnswerToken),
                entry("llm-pue", EnergyInputs::llmPue),
                entry("llm-utilisation", EnergyInputs::llmUtilisation))) {
            keys.put(e.getKey(), e.getValue());
        }
        return keys;
    }

    /**
     * Reads {@code local-watts=45,local-pue=1,…}: every key once.
     *
     * @throws IllegalArgumentException in one line when a key is missing, unknown or impossible
     */
    public static EnergyInputs parse(String text) {
        Map<String, Double> values = new LinkedHashMap<>();
        for (String part : text.split(",", -1)) {
            String[] pair = part.strip().split("=", -1);
            if (pair.length != 2 || !KEYS.containsKey(pair[0])) {
                throw new IllegalArgumentException(
                        "energy: '" + part.strip() + "' is none of " + String.join("=…, ", KEYS.keySet()) + "=…");
            }
            try {
                values.put(pair[0], Double.parseDouble(pair[1]));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("energy: " + pair[0] + " must be a number but is " + pair[1]);
            }
        }
        for (String key : KEYS.keySet()) {
            if (!values.containsKey(key)) {
                throw new IllegalArgumentException("energy: " + key + " is missing; state all of " + String.join(", ", KEYS.keySet()));
            }
        }
        Double[] v = KEYS.keySet().stream().map(values::get).toArray(Double[]::new);
        return new EnergyInputs(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
    }

    /** Joules of the SLM's seconds. */
    public double local(double seconds) {
        return seconds * localWatts * localPue / localUtilisation;
    }

    /** Joules of the LLM's tokens. */
    public double llm(double promptTokens, double answerTokens) {
        return (promptTokens * llmJoulesPerPromptToken + answerTokens * llmJoulesPerAnswerToken) * llmPue / llmUtilisation;
    }

    /** All inputs by key, in order. */
    public Map<String, Double> stated() {
        Map<String, Double> stated = new LinkedHashMap<>();
        KEYS.forEach((key, value) -> stated.put(key, value.apply(this)));
        return stated;
    }
}
