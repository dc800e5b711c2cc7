package dev.outrider.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.ToIntFunction;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;

/** A part of a suite, drawn by chance in whole tasks: the queries of one task belong together. */
final class Sample {

    private Sample() {}

    /** Tasks with at least {@code cases} cases together, or all of them; in the suite's order. */
    static Suite of(Suite suite, int cases, long seed) {
        return draw(suite, cases, seed, List::size);
    }

    /** So many tasks, or all of them; in the suite's order. */
    static Suite ofTasks(Suite suite, int tasks, long seed) {
        return draw(suite, tasks, seed, task -> 1);
    }

    private static Suite draw(Suite suite, int enough, long seed, ToIntFunction<List<EvalCase>> weight) {
        Map<String, List<EvalCase>> tasks = new LinkedHashMap<>();
        suite.cases().forEach(c -> tasks.computeIfAbsent(c.task(), t -> new ArrayList<>()).add(c));
        List<String> names = new ArrayList<>(tasks.keySet());
        Collections.shuffle(names, new Random(seed));
        Set<String> chosen = new HashSet<>();
        int sum = 0;
        for (String name : names) {
            if (sum >= enough) {
                break;
            }
            chosen.add(name);
            sum += weight.applyAsInt(tasks.getOrDefault(name, List.of()));
        }
        return suite.filter(c -> chosen.contains(c.task()));
    }
}
