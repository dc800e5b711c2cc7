package dev.outrider.router.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogisticFitTest {

    private static final List<Feature> WEAKEST = List.of(Feature.WEAKEST_DECISION);
    private static final List<Feature> TWO = List.of(Feature.WEAKEST_DECISION, Feature.SUM_LOG_PROBABILITY);

    @Test
    void at_the_optimum_the_gradient_is_zero_and_every_step_away_costs() {
        long seed = new Random().nextLong();
        System.out.println("LogisticFitTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 40; round++) {
            List<LabelledAnswer> answers = random(20 + random.nextInt(200), random);
            LogisticCalibrator fitted = LogisticFit.fit(TWO, answers);
            int p = fitted.inputs().size();
            double least = objective(fitted, answers);
            for (int j = -1; j < p; j++) {
                double up = objective(moved(fitted, j, 1e-4), answers);
                double down = objective(moved(fitted, j, -1e-4), answers);
                boolean free = j < 0 || fitted.inputs().get(j) != Feature.WEAKEST_DECISION || fitted.weights().get(j) > 1e-4;
                assertThat(up).as("seed %d, round %d, weight %d", seed, round, j).isGreaterThanOrEqualTo(least);
                assertThat(down).as("seed %d, round %d, weight %d", seed, round, j).isGreaterThanOrEqualTo(least);
                if (free) {
                    assertThat((up - down) / 2e-4)
                            .as("seed %d, round %d, gradient by weight %d", seed, round, j)
                            .isCloseTo(0, within(1e-5 * answers.size()));
                }
            }
        }
    }

    /** Written down anew from the Javadoc, not shared with the code under test. */
    private static double objective(LogisticCalibrator c, List<LabelledAnswer> answers) {
        long right = answers.stream().filter(LabelledAnswer::right).count();
        long wrong = answers.size() - right;
        double sum = 0;
        for (LabelledAnswer a : answers) {
            double target = a.right() ? (right + 1.0) / (right + 2) : 1.0 / (wrong + 2);
            double p = c.probability(a.evidence());
            sum -= target * Math.log(p) + (1 - target) * Math.log(1 - p);
        }
        for (double w : c.weights()) {
            sum += 0.5 * w * w;
        }
        return sum;
    }

    private static LogisticCalibrator moved(LogisticCalibrator c, int weight, double by) {
        List<Double> weights = new ArrayList<>(c.weights());
        if (weight >= 0) {
            // a calibrator with a negative weight there cannot be made; the boundary is as far as one can go
            boolean bounded = c.inputs().get(weight) == Feature.WEAKEST_DECISION;
            weights.set(weight, bounded ? Math.max(0, weights.get(weight) + by) : weights.get(weight) + by);
        }
        return new LogisticCalibrator(
                c.inputs(), c.means(), c.scales(), weights, weight < 0 ? c.intercept() + by : c.intercept());
    }

    private static List<LabelledAnswer> random(int n, Random random) {
        List<LabelledAnswer> answers = new ArrayList<>();
        double slope = random.nextGaussian();
        for (int i = 0; i < n; i++) {
            double weakest = random.nextDouble();
            double sum = -5 * random.nextDouble();
            double z = slope * 4 * (weakest - 0.5) + 0.5 * (sum + 2.5);
            boolean right = random.nextDouble() < 1 / (1 + Math.exp(-z));
            answers.add(new LabelledAnswer("read", "task-" + i, Answers.evidence(weakest, sum), right, null));
        }
        return answers;
    }

    @Test
    void without_a_feature_it_is_the_smoothed_share() {
        List<LabelledAnswer> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            answers.add(Answers.answer("task-" + i, 0.7, i < 8));
        }
        double mean = (8 * (9.0 / 10) + 2 * (1.0 / 4)) / 10;
        LogisticCalibrator constant = LogisticFit.fit(WEAKEST, answers);
        assertThat(constant.inputs()).isEmpty();
        assertThat(constant.probability(Answers.evidence(0.2))).isCloseTo(mean, within(1e-9));
    }

    @Test
    void without_answers_it_knows_nothing() {
        assertThat(LogisticFit.fit(WEAKEST, List.of()).probability(Answers.evidence(0.9))).isEqualTo(0.5);
    }

    @Test
    void the_truth_is_found_in_many_answers() {
        Random random = new Random(Answers.seed(LogisticFitTest.class));
        // the model's own probability is right as it stands: log-odds in, the same log-odds out
        List<LabelledAnswer> answers = Answers.drawn(20_000, u -> 0.05 + 0.9 * u, score -> score, random);
        LogisticCalibrator fitted = LogisticFit.fit(WEAKEST, answers);
        for (double p : new double[] {0.1, 0.3, 0.5, 0.7, 0.9}) {
            assertThat(fitted.probability(Answers.evidence(p))).isCloseTo(p, within(0.02));
        }
    }

    @Test
    void right_and_wrong_that_are_perfectly_apart_give_finite_weights() {
        List<LabelledAnswer> answers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            answers.add(Answers.answer("task-" + i, i / 60.0, i >= 30));
        }
        LogisticCalibrator fitted = LogisticFit.fit(WEAKEST, answers);
        assertThat(fitted.weights().getFirst()).isBetween(1.0, 100.0);
        assertThat(fitted.probability(Answers.evidence(0.99))).isBetween(0.9, 1.0);
    }

    @Test
    void evidence_that_points_the_wrong_way_counts_for_nothing_rather_than_against() {
        List<LabelledAnswer> answers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            answers.add(new LabelledAnswer("read", "t" + i, Answers.evidence(i / 60.0, -(i % 7)), i < 30, null));
        }
        LogisticCalibrator fitted = LogisticFit.fit(TWO, answers);
        assertThat(fitted.inputs()).doesNotContain(Feature.WEAKEST_DECISION);
        assertThat(fitted.probability(Answers.evidence(0.9, -3)))
                .isEqualTo(fitted.probability(Answers.evidence(0.1, -3)));
    }

    @Test
    void a_weight_that_trusts_surer_answers_less_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LogisticCalibrator(WEAKEST, List.of(0.0), List.of(1.0), List.of(-0.5), 0));
    }

    @Test
    void a_feature_that_is_not_known_everywhere_is_left_out() {
        List<LabelledAnswer> answers = new ArrayList<>(random(40, new Random(3)));
        answers.add(Answers.answer("old", 0.6, true));
        assertThat(LogisticFit.fit(TWO, answers).inputs()).doesNotContain(Feature.SUM_LOG_PROBABILITY);
    }

    @Test
    void linear_systems_are_solved() {
        double[] x = LogisticFit.solve(new double[][] {{4, 0}, {1, 3}}, new double[] {9, 5});
        // 4 x + y = 9, x + 3 y = 5
        assertThat(x[0]).isCloseTo(2, within(1e-12));
        assertThat(x[1]).isCloseTo(1, within(1e-12));
    }
}
