package dev.outrider.evals.match;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.ExpectedCall;
import dev.outrider.evals.suite.Json;

/**
 * The AST rule of the Berkeley Function-Calling Leaderboard (ShishirPatil/gorilla, {@code bfcl_eval}, commit 6ea5797), written from
 * a description of its behaviour: names equal, required parameters present, nothing unknown, strict types (an int passes for a
 * top-level float and nothing else is converted), strings compared without blanks, case and {@code , . / - _ * ^}.
 *
 * <p>{@code ""} among a parameter's acceptable values means that it may be left out. Where the first acceptable value (other than
 * {@code ""}) has another type than the schema declares, the parameter is "a variable": values of that type pass too and compare
 * exactly.
 */
public final class BfclAstMatcher implements CallMatcher {

    private static final Pattern IGNORED = Pattern.compile("[ ,./\\-_*^]");

    @Override
    public Verdict matchCall(EvalCase evalCase, ExpectedCall gold, ModelCall actual) {
        if (!gold.name().equals(actual.name())) {
            return Verdict.wrong("tool " + gold.name() + " expected, " + actual.name() + " called");
        }
        if (actual.arguments() == null) {
            return Verdict.wrong("arguments of " + actual.name() + " are no JSON object");
        }
        JsonNode schema = evalCase.tool(gold.name()).<JsonNode>map(t -> t.parameters()).orElseGet(Json::object);
        for (JsonNode required : schema.path("required")) {
            if (!actual.arguments().has(required.asText())) {
                return Verdict.wrong("required argument " + required.asText() + " is missing");
            }
        }
        for (var argument : actual.arguments().properties()) {
            String parameter = argument.getKey();
            List<JsonNode> acceptable = gold.arguments().get(parameter);
            JsonNode declared = schema.path("properties").get(parameter);
            if (declared == null) {
                return Verdict.wrong("argument " + parameter + " is unknown");
            }
            if (acceptable == null) {
                return Verdict.wrong("argument " + parameter + " is not expected");
            }
            if (!valueMatches(argument.getValue(), acceptable, declared)) {
                return Verdict.wrong("argument " + parameter + " is " + Json.write(argument.getValue()) + ", acceptable: "
                        + Json.write(acceptable));
            }
        }
        for (var expected : gold.arguments().entrySet()) {
            if (!actual.arguments().has(expected.getKey()) && !mayBeOmitted(expected.getValue())) {
                return Verdict.wrong("argument " + expected.getKey() + " is missing");
            }
        }
        return Verdict.ok();
    }

    private static boolean mayBeOmitted(List<JsonNode> acceptable) {
        return acceptable.stream().anyMatch(BfclAstMatcher::isEmptyText);
    }

    private static boolean valueMatches(JsonNode given, List<JsonNode> acceptable, JsonNode schema) {
        PyType declared = PyType.declared(schema);
        PyType items = declared == PyType.LIST ? PyType.declaredItems(schema) : null;
        PyType actual = PyType.of(given);
        if (declared == PyType.FLOAT && actual == PyType.INT) {
            actual = PyType.FLOAT;
        }
        Optional<PyType> goldType = firstType(acceptable);
        boolean variable = goldType.isPresent() && goldType.get() != declared;
        if (actual == declared) {
            if (items != null && !elementsPass(given, acceptable, items)) {
                return false;
            }
        } else if (goldType.isPresent() && goldType.get() == actual) {
            variable = true;
        } else {
            return false;
        }
        if (variable) {
            return PyEquality.in(given, acceptable);
        }
        return switch (declared) {
            case STR -> acceptable.stream().anyMatch(a -> a.isTextual() && plain(a).equals(plain(given)));
            case DICT -> acceptable.stream().anyMatch(a -> dictMatches(given, a));
            case LIST -> items == PyType.DICT || (items == null && holdsObjects(given))
                    ? acceptable.stream().anyMatch(a -> dictsMatch(given, a))
                    : acceptable.stream().anyMatch(a -> listMatches(given, a));
            case INT, FLOAT, BOOL, NONE -> PyEquality.in(given, acceptable);
        };
    }

    /** The type of the first acceptable value that is not {@code ""}. */
    private static Optional<PyType> firstType(Iterable<JsonNode> acceptable) {
        for (JsonNode value : acceptable) {
            if (!isEmptyText(value)) {
                return Optional.of(PyType.of(value));
            }
        }
        return Optional.empty();
    }

    /** Whether, for one acceptable list, every element has the declared type or the type of that list's first element. */
    private static boolean elementsPass(JsonNode given, List<JsonNode> acceptable, PyType items) {
        for (JsonNode candidate : acceptable) {
            if (!candidate.isArray()) {
                return true;
            }
            Optional<PyType> first = firstType(candidate);
            boolean pass = true;
            for (JsonNode element : given) {
                PyType type = PyType.of(element);
                pass &= type == items || (first.isPresent() && first.get() == type);
            }
            if (pass) {
                return true;
            }
        }
        return false;
    }

    private static boolean listMatches(JsonNode given, JsonNode acceptable) {
        if (isEmptyText(acceptable)) {
            return given.isEmpty();
        }
        return acceptable.isArray() && PyEquality.equal(plainElements(given), plainElements(acceptable));
    }

    /** Where a schema says nothing about a list's elements, objects in it are compared as a list of objects is. */
    private static boolean holdsObjects(JsonNode list) {
        return !list.isEmpty() && list.get(0).isObject();
    }

    private static boolean dictsMatch(JsonNode given, JsonNode acceptable) {
        if (isEmptyText(acceptable)) {
            return given.isEmpty();
        }
        if (!acceptable.isArray() || acceptable.size() != given.size()) {
            return false;
        }
        for (int i = 0; i < given.size(); i++) {
            if (!dictMatches(given.get(i), acceptable.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean dictMatches(JsonNode given, JsonNode acceptable) {
        if (!acceptable.isObject() || !given.isObject()) {
            return false;
        }
        for (var field : given.properties()) {
            JsonNode values = acceptable.get(field.getKey());
            if (values == null || !PyEquality.in(plainIfText(field.getValue()), plainValues(values))) {
                return false;
            }
        }
        for (var field : acceptable.properties()) {
            if (!given.has(field.getKey()) && plainValues(field.getValue()).stream().noneMatch(BfclAstMatcher::isEmptyText)) {
                return false;
            }
        }
        return true;
    }

    /** The elements; a value that is no list stands for itself. */
    private static List<JsonNode> plainValues(JsonNode values) {
        if (!values.isArray()) {
            return List.of(plainIfText(values));
        }
        List<JsonNode> plain = new ArrayList<>();
        values.forEach(v -> plain.add(plainIfText(v)));
        return plain;
    }

    private static JsonNode plainElements(JsonNode list) {
        return Json.object().arrayNode().addAll(plainValues(list));
    }

    private static JsonNode plainIfText(JsonNode value) {
        return value.isTextual() ? TextNode.valueOf(plain(value)) : value;
    }

    private static String plain(JsonNode text) {
        return IGNORED.matcher(text.asText()).replaceAll("").toLowerCase(Locale.ROOT).replace('\'', '"');
    }

    private static boolean isEmptyText(@Nullable JsonNode value) {
        return value != null && value.isTextual() && value.asText().isEmpty();
    }
}
