package dev.outrider.router.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScoresTest {

    @Test
    void the_calibration_error_is_the_mean_distance_of_the_bins() {
        List<Scored> scored = List.of(
                new Scored(0.95, true), new Scored(0.91, true), new Scored(0.99, false), new Scored(0.25, false));
        // one bin says 0.95 and has 2/3, another says 0.25 and has 0
        assertThat(Scores.ece(scored).orElseThrow()).isCloseTo((3 * (0.95 - 2 / 3.0) + 0.25) / 4, within(1e-12));
        assertThat(Scores.ece(List.of())).isEmpty();
    }

    @Test
    void a_certainty_falls_into_the_last_bin() {
        assertThat(Scores.reliability(List.of(new Scored(1, true))).getLast().n()).isEqualTo(1);
    }

    @Test
    void auroc_is_the_share_of_pairs_in_the_right_order_with_ties_counting_half() {
        Random random = new Random(11);
        List<Scored> scored = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            scored.add(new Scored(random.nextInt(12) / 12.0, random.nextBoolean()));
        }
        double pairs = 0;
        double inOrder = 0;
        for (Scored right : scored) {
            for (Scored wrong : scored) {
                if (right.right() && !wrong.right()) {
                    pairs++;
                    inOrder += right.probability() > wrong.probability()
                            ? 1
                            : right.probability() == wrong.probability() ? 0.5 : 0;
                }
            }
        }
        assertThat(Scores.auroc(scored).orElseThrow()).isCloseTo(inOrder / pairs, within(1e-12));
        assertThat(Scores.auroc(List.of(new Scored(0.4, true)))).isEmpty();
    }

    @Test
    void brier_is_the_mean_square() {
        assertThat(Scores.brier(List.of(new Scored(0.9, true), new Scored(0.6, false))).orElseThrow())
                .isCloseTo((0.01 + 0.36) / 2, within(1e-12));
    }

    @Test
    void the_risk_coverage_curve_has_a_point_for_every_threshold() {
        List<Scores.Point> points = Scores.riskCoverage(List.of(
                new Scored(0.9, true), new Scored(0.7, false), new Scored(0.9, true), new Scored(0.2, false)));
        assertThat(points)
                .containsExactly(
                        new Scores.Point(0.9, 0.5, 0, 0),
                        new Scores.Point(0.7, 0.75, 1 / 3.0, 0.25),
                        new Scores.Point(0.2, 1, 0.5, 0.5));
    }
}
