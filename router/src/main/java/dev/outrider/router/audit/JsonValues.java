package dev.outrider.router.audit;

import com.fasterxml.jackson.databind.JsonNode;

/** Deep equality of JSON: numbers by value (JSON has one number type, 5 is 5.0), kinds never mixed, key order ignored. */
public final class JsonValues {

    private JsonValues() {}

    public static boolean equal(JsonNode a, JsonNode b) {
        return a.equals(JsonValues::compare, b);
    }

    private static int compare(JsonNode a, JsonNode b) {
        if (a.isNumber() && b.isNumber()) {
            boolean same = a.isIntegralNumber() && b.isIntegralNumber()
                    ? a.bigIntegerValue().equals(b.bigIntegerValue())
                    : Double.compare(a.doubleValue(), b.doubleValue()) == 0;
            return same ? 0 : 1;
        }
        return a.equals(b) ? 0 : 1;
    }
}
