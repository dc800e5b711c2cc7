package dev.outrider.router.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IsotonicCalibratorTest {

    /** The monotone least-squares fit at i is max over a ≤ i of min over b ≥ i of the mean of a…b (Barlow et al., 1972). */
    @Test
    void pooling_adjacent_violators_gives_the_least_squares_fit_on_random_small_inputs_with_ties() {
        long seed = new Random().nextLong();
        System.out.println("IsotonicCalibratorTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            int n = 1 + random.nextInt(9);
            double[] scores = new double[n];
            double[] labels = new double[n];
            for (int i = 0; i < n; i++) {
                scores[i] = random.nextInt(6);
                labels[i] = random.nextInt(2);
            }
            for (int i = 0; i < n; i++) {
                assertThat(at(IsotonicCalibrator.steps(scores, labels), scores[i]))
                        .as("seed %d, scores %s, labels %s, place %d", seed, Arrays.toString(scores), Arrays.toString(labels), i)
                        .isCloseTo(minMax(scores, labels, scores[i]), within(1e-12));
            }
        }
    }

    private static double at(List<IsotonicCalibrator.Step> steps, double score) {
        return steps.stream()
                .filter(s -> s.from <= score && score <= s.to)
                .findFirst()
                .orElseThrow()
                .mean();
    }

    private static double minMax(double[] scores, double[] labels, double at) {
        double[] places = Arrays.stream(scores).distinct().sorted().toArray();
        double best = 0;
        for (double low : places) {
            double least = 1;
            for (double high : places) {
                if (low <= at && at <= high) {
                    double sum = 0;
                    int weight = 0;
                    for (int i = 0; i < scores.length; i++) {
                        if (low <= scores[i] && scores[i] <= high) {
                            sum += labels[i];
                            weight++;
                        }
                    }
                    least = Math.min(least, sum / weight);
                }
            }
            if (low <= at) {
                best = Math.max(best, least);
            }
        }
        return best;
    }

    @Test
    void a_surer_answer_never_gets_a_smaller_probability() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<LabelledAnswer> answers = Answers.drawn(300, u -> u, score -> 0.5 + 0.4 * Math.sin(9 * score), random);
        IsotonicCalibrator fitted = IsotonicCalibrator.fit(Feature.WEAKEST_DECISION, answers);
        double before = 0;
        for (double p = 0; p <= 1; p += 0.0005) {
            double now = fitted.probability(Answers.evidence(p));
            assertThat(now).as("seed %d at %s", seed, p).isBetween(before, 1.0);
            before = now;
        }
    }

    @Test
    void between_two_steps_it_goes_up_in_a_straight_line_and_beyond_them_it_stays() {
        IsotonicCalibrator steps = new IsotonicCalibrator(Feature.DECISIONS, List.of(1.0, 2.0, 4.0), List.of(0.2, 0.2, 0.8));
        assertThat(probabilityAt(steps, 0)).isEqualTo(0.2);
        assertThat(probabilityAt(steps, Math.expm1(3))).isCloseTo(0.5, within(0.02));
        assertThat(probabilityAt(steps, Math.expm1(9))).isEqualTo(0.8);
    }

    private static double probabilityAt(Calibrator calibrator, double decisions) {
        return calibrator.probability(
                new EvidenceFeatures(0.5, 0, 0, 0, 1, 0, (int) Math.round(decisions), 9));
    }

    @Test
    void nothing_but_right_answers_are_no_certainty() {
        List<LabelledAnswer> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            answers.add(Answers.answer("task-" + i, 0.5 + i / 20.0, true));
        }
        assertThat(IsotonicCalibrator.fit(Feature.WEAKEST_DECISION, answers).probability(Answers.evidence(0.99)))
                .isEqualTo(0.9);
    }

    @Test
    void evidence_without_the_feature_is_not_trusted() {
        IsotonicCalibrator byMargin = new IsotonicCalibrator(Feature.SMALLEST_MARGIN, List.of(0.0), List.of(0.9));
        assertThat(byMargin.probability(Answers.evidence(0.99))).isZero();
    }

    @Test
    void values_that_fall_are_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new IsotonicCalibrator(Feature.WEAKEST_DECISION, List.of(0.0, 1.0), List.of(0.5, 0.4)));
    }
}
