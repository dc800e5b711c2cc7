package dev.outrider.evals.match;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.ExpectedCall;
import dev.outrider.evals.suite.Json;
import dev.outrider.router.audit.JsonValues;

/**
 * The rule of ToolTalk (microsoft/ToolTalk, arXiv 2311.10775): every gold argument present and equal, further arguments of the schema
 * allowed. Prose need only be non-empty where upstream compares embeddings, so this is the more lenient there; calls that upstream
 * judges by what they return count by their name.
 */
public final class GoldSubsetMatcher implements CallMatcher {

    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");

    @Override
    public Verdict matchCall(EvalCase evalCase, ExpectedCall gold, ModelCall actual) {
        if (!gold.name().equals(actual.name())) {
            return Verdict.wrong("tool " + gold.name() + " expected, " + actual.name() + " called");
        }
        var arguments = actual.arguments();
        if (arguments == null) {
            return Verdict.wrong("arguments of " + actual.name() + " are no JSON object");
        }
        JsonNode properties = evalCase.tool(gold.name())
                .map(t -> t.parameters().path("properties"))
                .orElseGet(Json::object);
        for (var given : arguments.properties()) {
            if (!properties.has(given.getKey())) {
                return Verdict.wrong("argument " + given.getKey() + " is unknown");
            }
        }
        if (gold.resultBased()) {
            return Verdict.ok();
        }
        for (var expected : gold.arguments().entrySet()) {
            String parameter = expected.getKey();
            JsonNode value = arguments.get(parameter);
            if (value == null) {
                return Verdict.wrong("argument " + parameter + " is missing");
            }
            if (expected.getValue().stream().noneMatch(a -> matches(gold, parameter, value, a))) {
                return Verdict.wrong(
                        "argument " + parameter + " is " + Json.write(value) + ", gold: " + Json.write(expected.getValue()));
            }
        }
        return Verdict.ok();
    }

    private static boolean matches(ExpectedCall gold, String parameter, JsonNode value, JsonNode acceptable) {
        if (gold.freeText().contains(parameter)) {
            // an empty gold text (an e-mail without a body) leaves nothing to ask for
            return value.isTextual() && (!value.asText().isBlank() || acceptable.asText().isBlank());
        }
        if (gold.unordered().contains(parameter) && value.isArray() && acceptable.isArray()) {
            return containsAll(value, acceptable) && containsAll(acceptable, value);
        }
        if (gold.dateOnly().contains(parameter)) {
            return date(value).equals(date(acceptable));
        }
        return JsonValues.equal(value, acceptable);
    }

    private static boolean containsAll(JsonNode list, JsonNode elements) {
        for (JsonNode element : elements) {
            boolean found = false;
            for (JsonNode candidate : list) {
                found |= JsonValues.equal(element, candidate);
            }
            if (!found) {
                return false;
            }
        }
        return true;
    }

    private static String date(JsonNode value) {
        var matcher = DATE.matcher(value.asText());
        return matcher.find() ? matcher.group() : value.asText();
    }
}
