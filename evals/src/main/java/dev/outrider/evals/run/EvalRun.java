package dev.outrider.evals.run;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run; a run that was stopped is as valid, only shorter.
 *
 * @param results one per query, in order
 * @param tasks one per task of a live run; empty for a suite
 * @param planned cases or tasks that were to be run
 * @param partial whether the run was stopped before all were
 * @param stopReason why the run ended early, and how to go on; empty when it did not, or was told to
 * @param startedAt when
 * @param seconds wall-clock seconds
 * @param notes what a reader must know: cases that cannot be run, files left out
 * @param judge what the LLM judge did; null without one
 */
public record EvalRun(
        List<QueryResult> results,
        List<TaskResult> tasks,
        int planned,
        boolean partial,
        String stopReason,
        Instant startedAt,
        double seconds,
        List<String> notes,
        @Nullable JudgeUse judge) {

    /** A run that was judged by the rules of its cases alone. */
    public EvalRun(
            List<QueryResult> results,
            List<TaskResult> tasks,
            int planned,
            boolean partial,
            String stopReason,
            Instant startedAt,
            double seconds,
            List<String> notes) {
        this(results, tasks, planned, partial, stopReason, startedAt, seconds, notes, null);
    }

    public EvalRun {
        results = List.copyOf(results);
        tasks = List.copyOf(tasks);
        notes = List.copyOf(notes);
    }

    /**
     * One whole agent run.
     *
     * @param task the task
     * @param outcome how the agent's run ended
     * @param stepsRight whether every step was right and none was missing or too many
     * @param stateRight whether the database ended as it does under the gold calls
     * @param finalText what the agent said last; the reason where it said nothing
     */
    public record TaskResult(String task, String outcome, boolean stepsRight, boolean stateRight, String finalText) {

        /** Done as the gold answers would have. */
        public boolean right() {
            return stepsRight && stateRight;
        }
    }
}
