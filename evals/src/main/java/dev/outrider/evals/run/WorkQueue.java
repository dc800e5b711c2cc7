package dev.outrider.evals.run;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.EvalCase;

/**
 * The cases that are still to be run, handed out in order, and the reasons for which a run ends before they are: its money does not
 * cover the next query, or the LLM or the judge is dead.
 *
 * <p>The worst case of every query at work is set aside, so a query may be refused only because others are at work. Such a case is put
 * back, and from then on cases run one at a time; one that is refused while nothing else is at work ends the run.
 */
final class WorkQueue {

    private final Deque<EvalCase> waiting;
    private final int failuresToStop;
    private final List<QueryResult> failures = new ArrayList<>();
    private int atWork;
    private boolean oneByOne;
    private String ended = "";

    /**
     * @param failuresToStop so many failures of the LLM in a row end the run; 0 for never
     */
    WorkQueue(List<EvalCase> cases, int failuresToStop) {
        this.waiting = new ArrayDeque<>(cases);
        this.failuresToStop = failuresToStop;
    }

    /** The next case; null when there is none, or the run has ended. */
    synchronized @Nullable EvalCase take() throws InterruptedException {
        // a case at work may yet be put back
        while (ended.isEmpty() && atWork > 0 && (oneByOne || waiting.isEmpty())) {
            wait();
        }
        if (!ended.isEmpty() || waiting.isEmpty()) {
            return null;
        }
        atWork++;
        return waiting.pop();
    }

    /** Hands out nothing any more. */
    synchronized void end(String why) {
        if (ended.isEmpty()) {
            ended = why;
        }
        notifyAll();
    }

    /** A case that was taken is at an end, whatever came of it. */
    synchronized void release() {
        atWork--;
        notifyAll();
    }

    /** The money limit does not cover a case that was taken and is not released yet. */
    synchronized void notCovered(EvalCase c, String why) {
        waiting.push(c);
        if (oneByOne && atWork == 1) {
            ended = why;
        }
        oneByOne = true;
    }

    /**
     * Decides whether a result stands. Failures of the LLM are held back until somebody is answered again: if nobody is, the LLM is
     * dead, the run ends and these cases are as if they had never been run.
     *
     * @param remoteFailed whether the LLM was needed and failed
     * @return results that stand now
     */
    synchronized List<QueryResult> settle(QueryResult result, boolean remoteFailed) {
        if (failuresToStop == 0) {
            return List.of(result);
        }
        if (remoteFailed) {
            failures.add(result);
            if (failures.size() >= failuresToStop && ended.isEmpty()) {
                ended = "the LLM failed " + failures.size() + " times in a row (" + result.detail()
                        + "); a rerun goes on with these queries";
            }
            return List.of();
        }
        if (result.route() != Route.REMOTE || !ended.isEmpty()) {
            // says nothing about the LLM
            return List.of(result);
        }
        List<QueryResult> standing = new ArrayList<>(failures);
        failures.clear();
        standing.add(result);
        return standing;
    }

    /** Failures that were still held back when all work was done: they stand unless they ended the run. */
    synchronized List<QueryResult> heldBack() {
        List<QueryResult> held = ended.isEmpty() ? List.copyOf(failures) : List.of();
        failures.clear();
        return held;
    }

    /** Whether no case is at work. */
    synchronized boolean atRest() {
        return atWork == 0;
    }

    /** Why the run ended early; empty when it did not. */
    synchronized String ended() {
        return ended;
    }
}
