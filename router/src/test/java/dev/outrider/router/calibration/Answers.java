package dev.outrider.router.calibration;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/** Labelled answers for tests. */
public final class Answers {

    private Answers() {}

    /** A seed that is printed, fixed unless the system property {@code outrider.test.seed} names another. */
    public static long seed(Class<?> test) {
        long seed = Long.getLong("outrider.test.seed", 20_261_122L);
        System.out.println(test.getSimpleName() + " seed " + seed);
        return seed;
    }

    /** Evidence of which only the weakest decision is known. */
    public static EvidenceFeatures evidence(double weakest) {
        return new EvidenceFeatures(weakest, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 3, 8);
    }

    /** Evidence with a whole answer's log-probability besides. */
    public static EvidenceFeatures evidence(double weakest, double sum) {
        return new EvidenceFeatures(weakest, Double.NaN, Double.NaN, sum, Double.NaN, Double.NaN, 3, 8);
    }

    public static LabelledAnswer answer(String cluster, double weakest, boolean right) {
        return new LabelledAnswer("read", cluster, evidence(weakest), right, null);
    }

    /** Independent answers. */
    public static List<LabelledAnswer> drawn(
            int n, DoubleUnaryOperator scoreAtQuantile, DoubleUnaryOperator rightAtScore, Random random) {
        List<LabelledAnswer> answers = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            double score = scoreAtQuantile.applyAsDouble(random.nextDouble());
            answers.add(answer("task-" + i, score, random.nextDouble() < rightAtScore.applyAsDouble(score)));
        }
        return answers;
    }
}
