package dev.outrider.evals.suite;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A call that a right answer makes.
 *
 * @param name the tool's name, dots and all
 * @param arguments per parameter the acceptable values; what {@code ""} among them means is the matcher's business
 * @param freeText parameters that hold prose: any non-empty text will do (gold-subset)
 * @param unordered parameters whose lists compare as sets (gold-subset)
 * @param dateOnly parameters that compare by their date alone (gold-subset)
 * @param resultBased whether upstream judges the call by what it returns, so that only the tool's name can be compared here
 */
public record ExpectedCall(
        String name,
        Map<String, List<JsonNode>> arguments,
        Set<String> freeText,
        Set<String> unordered,
        Set<String> dateOnly,
        boolean resultBased) {

    public ExpectedCall {
        Map<String, List<JsonNode>> copy = new LinkedHashMap<>();
        arguments.forEach((parameter, values) -> copy.put(parameter, Collections.unmodifiableList(new ArrayList<>(values))));
        arguments = Collections.unmodifiableMap(copy);
        freeText = Set.copyOf(freeText);
        unordered = Set.copyOf(unordered);
        dateOnly = Set.copyOf(dateOnly);
    }

    public ExpectedCall(String name, Map<String, List<JsonNode>> arguments) {
        this(name, arguments, Set.of(), Set.of(), Set.of(), false);
    }
}
