package dev.outrider.evals.match;

import java.util.ArrayList;
import java.util.List;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Expected;
import dev.outrider.evals.suite.ExpectedCall;

/** Compares calls with expected calls by one published rule. */
public interface CallMatcher {

    /** Whether {@code actual} is the call that {@code gold} describes. */
    Verdict matchCall(EvalCase evalCase, ExpectedCall gold, ModelCall actual);

    /**
     * Whether all calls of an answer are the expected ones: as many as expected; with order {@code any} each expected call takes the
     * first unused call that matches (greedy, as BFCL's checker does).
     */
    default Verdict match(EvalCase evalCase, Expected.Calls expected, List<ModelCall> actual) {
        List<ExpectedCall> gold = expected.calls();
        if (gold.size() != actual.size()) {
            return Verdict.wrong("%d call(s) expected, %d made".formatted(gold.size(), actual.size()));
        }
        List<ModelCall> unused = new ArrayList<>(actual);
        for (ExpectedCall call : gold) {
            Verdict nearest = Verdict.wrong("no call of " + call.name());
            ModelCall taken = null;
            for (ModelCall candidate : expected.order() == Expected.Order.ANY ? List.copyOf(unused) : unused.subList(0, 1)) {
                Verdict verdict = matchCall(evalCase, call, candidate);
                if (verdict.right()) {
                    taken = candidate;
                    break;
                }
                if (unused.size() == 1 || candidate.name().equals(call.name())) {
                    nearest = verdict;
                }
            }
            if (taken == null) {
                return nearest;
            }
            unused.remove(taken);
        }
        return Verdict.ok();
    }

    /** Whether the first call of an answer is the next expected one or one of the other sound next steps. */
    default Verdict matchFirst(EvalCase evalCase, Expected.Calls expected, List<ModelCall> actual) {
        if (actual.isEmpty()) {
            return Verdict.wrong("a call of " + expected.calls().getFirst().name() + " expected, none made");
        }
        Verdict verdict = matchCall(evalCase, expected.calls().getFirst(), actual.getFirst());
        if (verdict.right()) {
            return verdict;
        }
        for (List<ExpectedCall> alternative : expected.alternatives()) {
            if (matchCall(evalCase, alternative.getFirst(), actual.getFirst()).right()) {
                return Verdict.ok();
            }
        }
        return verdict;
    }
}
