package dev.outrider.router.remote;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that one query sent to LLMs, in order: answers, failures, hedges, each at its own model's prices.
 *
 * @param calls in the order of their ends
 */
public record RemoteBill(List<RemoteCall> calls) {

    /** Nothing was sent. */
    public static final RemoteBill EMPTY = new RemoteBill(List.of());

    public RemoteBill {
        calls = List.copyOf(calls);
    }

    /** The charge in micro-dollars. */
    public long microUsd() {
        return calls.stream().mapToLong(RemoteCall::microUsd).sum();
    }

    /** Prompt tokens charged. */
    public long inputTokens() {
        return calls.stream().mapToLong(RemoteCall::inputTokens).sum();
    }

    /** Answer tokens charged. */
    public long outputTokens() {
        return calls.stream().mapToLong(RemoteCall::outputTokens).sum();
    }

    /** Requests that left. */
    public int requests() {
        return (int) calls.stream().filter(c -> c.outcome() != RemoteCall.Outcome.NOT_SENT).count();
    }

    /** Whether any part of the charge is estimated. */
    public boolean estimated() {
        return calls.stream().anyMatch(c -> c.estimated() && c.microUsd() > 0);
    }

    /** Both bills, this one first. */
    public RemoteBill plus(RemoteBill later) {
        List<RemoteCall> all = new ArrayList<>(calls);
        all.addAll(later.calls);
        return new RemoteBill(all);
    }

    /** The models that brought no answer and why, one line each, in the order in which they were tried. */
    public List<String> failures() {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (RemoteCall call : calls) {
            if (call.fault() != null) {
                counts.merge(call.inWords(), 1, Integer::sum);
            }
        }
        List<String> lines = new ArrayList<>();
        counts.forEach((words, count) -> lines.add(count == 1 ? words : words + " (" + count + " times)"));
        return lines;
    }
}
