package dev.outrider.router.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.apache.commons.statistics.distribution.BinomialDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.router.calibration.Answers;

class AuditEstimateTest {

    private static final int RUNS = 1000;

    /** Of 1,000 intervals that cover with probability 0.93, fewer than this cover once in a thousand times. */
    private static final int LEAST_COVERED = BinomialDistribution.of(RUNS, 0.93).inverseCumulativeProbability(0.001);

    @Test
    void without_audits_nothing_is_known() {
        AuditEstimate none = new AuditEstimate.Sums().estimate("read");
        assertThat(none.hajek()).isNaN();
        assertThat(none.low()).isZero();
        assertThat(none.high()).isEqualTo(1);
    }

    @Test
    void at_one_propensity_the_interval_is_the_exact_binomial_one() {
        AuditEstimate.Sums sums = new AuditEstimate.Sums();
        for (int i = 0; i < 50; i++) {
            sums.accepted();
            sums.drawn();
            sums.answered(1, i < 47);
        }
        AuditEstimate estimate = sums.estimate("read");
        assertThat(estimate.hajek()).isCloseTo(0.94, within(1e-12));
        assertThat(estimate.horvitzThompson()).isCloseTo(0.94, within(1e-12));
        // two-sided 95 % interval of Clopper and Pearson for 47 of 50
        assertThat(estimate.low()).isCloseTo(0.8345, within(1e-4));
        assertThat(estimate.high()).isCloseTo(0.9875, within(1e-4));
    }

    @Test
    void agreement_of_all_audits_is_no_certainty() {
        AuditEstimate.Sums sums = new AuditEstimate.Sums();
        for (int i = 0; i < 20; i++) {
            sums.accepted();
            sums.drawn();
            sums.answered(0.1, true);
        }
        assertThat(sums.estimate("read").high()).isEqualTo(1);
        assertThat(sums.estimate("read").low()).isBetween(0.8, 0.9);
    }

    /**
     * Answers are accepted from two kinds of work that are audited at different rates and right at different rates, so that the
     * raw share of agreement among audits is biased.
     */
    @ParameterizedTest
    @CsvSource({"0.95, 0.8, 0.5, 0.05, 400", "0.99, 0.97, 0.2, 0.2, 300", "0.7, 0.9, 0.05, 0.3, 1000", "0.995, 0.995, 0.05, 0.05, 2000"})
    void the_estimate_is_unbiased_and_its_interval_covers(double easy, double hard, double rateEasy, double rateHard, int n) {
        long seed = Answers.seed(AuditEstimateTest.class);
        Random random = new Random(seed);
        double truth = (easy + hard) / 2;
        double mean = 0;
        double meanHajek = 0;
        double square = 0;
        int covered = 0;
        int estimates = 0;
        for (int run = 0; run < RUNS; run++) {
            AuditEstimate.Sums sums = new AuditEstimate.Sums();
            for (int i = 0; i < n; i++) {
                boolean isEasy = random.nextBoolean();
                boolean right = random.nextDouble() < (isEasy ? easy : hard);
                double rate = isEasy ? rateEasy : rateHard;
                sums.accepted();
                if (random.nextDouble() < rate) {
                    sums.drawn();
                    sums.answered(rate, right);
                }
            }
            AuditEstimate estimate = sums.estimate("read");
            covered += estimate.low() <= truth && truth <= estimate.high() ? 1 : 0;
            if (!Double.isNaN(estimate.hajek())) {
                mean += estimate.horvitzThompson();
                square += estimate.horvitzThompson() * estimate.horvitzThompson();
                meanHajek += estimate.hajek();
                estimates++;
            }
        }
        mean /= estimates;
        meanHajek /= estimates;
        double error = Math.sqrt((square / estimates - mean * mean) / estimates);
        System.out.printf("  truth %.4f, mean estimate %.4f ± %.4f (Hájek %.4f), covered %d of %d (at least %d)%n",
                truth, mean, error, meanHajek, covered, RUNS, LEAST_COVERED);
        assertThat(mean).as("seed %d", seed).isCloseTo(truth, within(4 * error));
        assertThat(meanHajek).as("seed %d", seed).isCloseTo(truth, within(0.01));
        assertThat(covered).as("seed %d", seed).isGreaterThanOrEqualTo(LEAST_COVERED);
    }

    @Test
    void audits_that_the_llm_did_not_answer_do_not_pull_the_estimate_down() {
        AuditEstimate.Sums sums = new AuditEstimate.Sums();
        for (int i = 0; i < 1000; i++) {
            sums.accepted();
            if (i % 10 == 0) {
                sums.drawn();
                if (i % 20 == 0) {
                    sums.failed();
                } else {
                    sums.answered(0.1, true);
                }
            }
        }
        assertThat(sums.estimate("read").horvitzThompson()).isCloseTo(1, within(1e-12));
        assertThat(sums.estimate("read").answered()).isEqualTo(50);
    }
}
