package dev.outrider.evals.match;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.ExpectedCall;
import dev.outrider.evals.suite.Json;
import dev.outrider.router.audit.JsonValues;

/**
 * Same tool and deep-equal arguments as a recorded call: neither fewer arguments nor more; numbers compare by value. On recorded runs
 * (sierra-research/tau-bench) this measures agreement with the model that was recorded, not truth.
 */
public final class ExactJsonMatcher implements CallMatcher {

    @Override
    public Verdict matchCall(EvalCase evalCase, ExpectedCall gold, ModelCall actual) {
        if (!gold.name().equals(actual.name())) {
            return Verdict.wrong("tool " + gold.name() + " expected, " + actual.name() + " called");
        }
        var arguments = actual.arguments();
        if (arguments == null) {
            return Verdict.wrong("arguments of " + actual.name() + " are no JSON object");
        }
        for (var expected : gold.arguments().entrySet()) {
            var value = arguments.get(expected.getKey());
            if (value == null) {
                return Verdict.wrong("argument " + expected.getKey() + " is missing");
            }
            if (expected.getValue().stream().noneMatch(a -> JsonValues.equal(value, a))) {
                return Verdict.wrong("argument " + expected.getKey() + " is " + Json.write(value) + ", recorded: "
                        + Json.write(expected.getValue()));
            }
        }
        for (var given : arguments.properties()) {
            if (!gold.arguments().containsKey(given.getKey())) {
                return Verdict.wrong("argument " + given.getKey() + " is not expected");
            }
        }
        return Verdict.ok();
    }
}
