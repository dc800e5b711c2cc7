package dev.outrider.evals.match;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Equality as Python has it: numbers by value whatever their kind, true equal to 1, the rest deep. */
final class PyEquality {

    private PyEquality() {}

    static boolean in(JsonNode value, List<JsonNode> values) {
        return values.stream().anyMatch(v -> equal(value, v));
    }

    static boolean equal(JsonNode a, JsonNode b) {
        if ((a.isNumber() || a.isBoolean()) && (b.isNumber() || b.isBoolean())) {
            return numbersEqual(a, b);
        }
        if (a.isArray() && b.isArray()) {
            if (a.size() != b.size()) {
                return false;
            }
            for (int i = 0; i < a.size(); i++) {
                if (!equal(a.get(i), b.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (a.isObject() && b.isObject()) {
            return a.size() == b.size()
                    && a.properties().stream().allMatch(f -> b.has(f.getKey()) && equal(f.getValue(), b.get(f.getKey())));
        }
        return a.equals(b);
    }

    private static boolean numbersEqual(JsonNode a, JsonNode b) {
        if (a.isIntegralNumber() && b.isIntegralNumber()) {
            return a.bigIntegerValue().equals(b.bigIntegerValue());
        }
        return asDouble(a) == asDouble(b);
    }

    private static double asDouble(JsonNode node) {
        return node.isBoolean() ? (node.booleanValue() ? 1 : 0) : node.doubleValue();
    }
}
