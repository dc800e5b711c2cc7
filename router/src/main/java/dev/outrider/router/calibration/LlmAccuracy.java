package dev.outrider.router.calibration;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How often the LLM is right on the queries of a workload, as far as records tell.
 *
 * @param n queries whose LLM answer was judged, at least 1
 * @param right how many of those answers were right
 * @param calibrator P(LLM right | evidence of the SLM): where the SLM is unsure the query may be hard for both; null while
 *     there are too few judged queries to tell
 */
public record LlmAccuracy(int n, int right, @Nullable Calibrator calibrator) {

    /** Answers of the rarer kind that a calibrator needs. */
    private static final int LEAST_EVENTS = 20;

    public LlmAccuracy {
        if (n < 1 || right < 0 || right > n) {
            throw new IllegalArgumentException(right + " of " + n + " LLM answers");
        }
    }

    /** P(LLM right | evidence), by Laplace's rule of succession where there is no calibrator. */
    public double probability(EvidenceFeatures evidence) {
        return calibrator == null ? (right + 1.0) / (n + 2.0) : calibrator.probability(evidence);
    }

    /** From answers whose LLM counterpart was judged; null when there are none. */
    static @Nullable LlmAccuracy of(List<LabelledAnswer> answers) {
        List<LabelledAnswer> judged =
                answers.stream().filter(a -> a.llmRight() != null).toList();
        if (judged.isEmpty()) {
            return null;
        }
        boolean[] outcomes = new boolean[judged.size()];
        int right = 0;
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = Objects.requireNonNull(judged.get(i).llmRight());
            right += outcomes[i] ? 1 : 0;
        }
        boolean enough = Math.min(right, outcomes.length - right) >= LEAST_EVENTS;
        return new LlmAccuracy(
                outcomes.length,
                right,
                enough
                        ? LogisticFit.fit(
                                List.of(Feature.WEAKEST_DECISION),
                                judged.stream().map(LabelledAnswer::evidence).toList(),
                                outcomes)
                        : null);
    }
}
