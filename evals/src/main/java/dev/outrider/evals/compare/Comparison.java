package dev.outrider.evals.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import dev.outrider.evals.compare.Side.Row;
import dev.outrider.evals.suite.SuiteException;

/**
 * Two runs, paired by case. Only queries that both runs hold are compared; the others are counted. Flagged queries are in no figure.
 *
 * @param first the earlier one
 * @param second the one that is measured against it
 * @param replacement answered locally and right
 * @param accuracy right in the end, whoever answered
 * @param categories the replacement rate by suite and category; many small tests, of which some are significant by chance
 * @param onlyFirst queries that only the first run holds
 * @param onlySecond queries that only the second run holds
 * @param flagged queries that are in no figure because their gold answer is faulty
 */
public record Comparison(
        Side first,
        Side second,
        Difference replacement,
        Difference accuracy,
        List<Difference> categories,
        int onlyFirst,
        int onlySecond,
        int flagged) {

    /** A query that both runs hold. */
    record Pair(String id, Row before, Row after) {}

    public Comparison {
        categories = List.copyOf(categories);
    }

    /**
     * Compares two runs.
     *
     * @param seed of the resampling
     * @throws SuiteException when they have no query in common
     */
    public static Comparison of(Side first, Side second, long seed) {
        List<Pair> pairs = new ArrayList<>();
        Map<String, List<Pair>> byCategory = new TreeMap<>();
        int flagged = 0;
        for (var row : first.rows().entrySet()) {
            Row other = second.rows().get(row.getKey());
            if (other == null) {
                continue;
            }
            if (row.getValue().flagged() || other.flagged()) {
                flagged++;
                continue;
            }
            Pair pair = new Pair(row.getKey(), row.getValue(), other);
            pairs.add(pair);
            byCategory.computeIfAbsent(pair.before().category(), c -> new ArrayList<>()).add(pair);
        }
        if (pairs.isEmpty()) {
            throw SuiteException.of(first.name() + " and " + second.name(), "have no query in common; compare two runs of the same suite");
        }
        List<Difference> categories = new ArrayList<>();
        byCategory.forEach((category, part) -> categories.add(Difference.of(category, part, Row::replaced, seed)));
        int common = pairs.size() + flagged;
        return new Comparison(
                first,
                second,
                Difference.of("replacement rate", pairs, Row::replaced, seed),
                Difference.of("end accuracy", pairs, Row::right, seed),
                categories,
                first.rows().size() - common,
                second.rows().size() - common,
                flagged);
    }

    /** What a reader must know before any figure. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (Side side : List.of(first, second)) {
            if (side.partial()) {
                warnings.add("PARTIAL: " + side.name() + " was stopped before all its queries were run.");
            }
            if (side.simulated()) {
                warnings.add("In " + side.name() + " the LLM was SIMULATED: recorded gold answers stood in for it, which flatters end accuracy.");
            } else if (side.llm().endsWith("(replayed)")) {
                warnings.add("In " + side.name() + " the LLM's answers were REPLAYED from a recording.");
            }
        }
        if (onlyFirst + onlySecond > 0) {
            warnings.add("In no figure because only one run holds them: " + onlyFirst + " queries of " + first.name() + ", " + onlySecond
                    + " of " + second.name() + ".");
        }
        if (flagged > 0) {
            warnings.add("In no figure because the gold answer is flagged as faulty: " + flagged + ".");
        }
        return warnings;
    }
}
