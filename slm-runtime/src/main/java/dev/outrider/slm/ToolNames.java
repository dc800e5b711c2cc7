package dev.outrider.slm;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How likely a model was to call each of the tools on offer, computed and not sampled: the names, as the model writes them, make a tree of
 * tokens, and at every place where names part the probabilities of the tokens that go on are brought to a sum of 1.
 *
 * @param call probability that the answer begins with a call, in [0, 1]
 * @param names probability of each name given that the answer begins with a call, in the order in which the tools were offered
 * @param unresolved probability of groups of names that were not told apart because together they hardly mattered, in [0, 1]; every
 *     name of such a group has an equal share of it
 */
public record ToolNames(double call, Map<String, Double> names, double unresolved) {

    public ToolNames {
        names = Collections.unmodifiableMap(new LinkedHashMap<>(names));
        if (!(call >= 0 && call <= 1) || !(unresolved >= 0 && unresolved <= 1)) {
            throw new IllegalArgumentException("call " + call + " and unresolved " + unresolved + " must be in [0, 1]");
        }
    }

    /** Probability of the likeliest name less that of the second likeliest; empty when fewer than two tools were offered. */
    public OptionalDouble margin() {
        if (names.size() < 2) {
            return OptionalDouble.empty();
        }
        double[] sorted = names.values().stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return OptionalDouble.of(sorted[sorted.length - 1] - sorted[sorted.length - 2]);
    }
}
