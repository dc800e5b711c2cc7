package dev.outrider.evals.run;

import java.time.Duration;

/** Watches a run. */
@FunctionalInterface
public interface Progress {

    /** Watches nothing. */
    Progress NONE = (done, planned, result, elapsed, left) -> {};

    /**
     * One more query is judged.
     *
     * @param done cases or tasks done
     * @param planned cases or tasks in all
     * @param result what came of the query
     * @param elapsed since the start
     * @param left estimated time to the end, from the pace so far
     */
    void judged(int done, int planned, QueryResult result, Duration elapsed, Duration left);
}
