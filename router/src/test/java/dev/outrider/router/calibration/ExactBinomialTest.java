package dev.outrider.router.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import org.junit.jupiter.api.Test;

class ExactBinomialTest {

    private static final MathContext EXACT = MathContext.DECIMAL128;

    @Test
    void the_p_value_is_the_sum_of_the_binomial_probabilities() {
        for (int n : new int[] {1, 2, 7, 40, 120}) {
            for (double share : new double[] {0.01, 0.1, 0.5, 0.93}) {
                for (int hits = 0; hits <= n; hits += Math.max(1, n / 9)) {
                    assertThat(ExactBinomial.pValueAbove(hits, n, share))
                            .as("%d of %d at %s", hits, n, share)
                            .isCloseTo(sum(hits, n, share), within(1e-12));
                }
            }
        }
    }

    @Test
    void at_the_upper_bound_so_few_hits_have_the_probability_that_the_confidence_leaves() {
        for (int n : new int[] {1, 5, 29, 100, 400}) {
            for (int hits = 0; hits < n; hits += Math.max(1, n / 7)) {
                double bound = ExactBinomial.upper(hits, n, 0.95);
                assertThat(sum(hits, n, bound)).as("%d of %d", hits, n).isCloseTo(0.05, within(1e-6));
            }
            assertThat(ExactBinomial.upper(n, n, 0.95)).isEqualTo(1);
        }
        assertThat(ExactBinomial.upper(0, 0, 0.95)).isEqualTo(1);
    }

    @Test
    void known_bounds_come_out() {
        // without a hit the bound is 1 - 0.05^(1/n)
        assertThat(ExactBinomial.upper(0, 59, 0.95)).isCloseTo(1 - Math.pow(0.05, 1 / 59.0), within(1e-9));
        // the one-sided bound of 5 in 100 in the tables of Clopper and Pearson
        assertThat(ExactBinomial.upper(5, 100, 0.95)).isCloseTo(0.1023, within(5e-5));
        assertThat(ExactBinomial.lower(95, 100, 0.95)).isCloseTo(1 - 0.1023, within(5e-5));
    }

    @Test
    void the_fewest_observations_that_prove_a_share_without_a_hit() {
        assertThat(ExactBinomial.fewest(0.1, 0.95)).isEqualTo(29);
        assertThat(ExactBinomial.fewest(0.05, 0.95)).isEqualTo(59);
        for (double share : new double[] {0.5, 0.2, 0.1, 0.05, 0.01}) {
            int fewest = ExactBinomial.fewest(share, 0.95);
            assertThat(ExactBinomial.pValueAbove(0, fewest, share)).isLessThanOrEqualTo(0.05 + 1e-12);
            assertThat(ExactBinomial.pValueAbove(0, fewest - 1, share)).isGreaterThan(0.05);
        }
    }

    @Test
    void more_hits_than_observations_are_no_sample() {
        assertThatIllegalArgumentException().isThrownBy(() -> ExactBinomial.upper(3, 2, 0.95));
    }

    private static double sum(int hits, int n, double share) {
        BigDecimal p = BigDecimal.valueOf(share);
        BigDecimal q = BigDecimal.ONE.subtract(p);
        BigDecimal choose = BigDecimal.ONE;
        BigDecimal sum = BigDecimal.ZERO;
        for (int k = 0; k <= hits; k++) {
            sum = sum.add(choose.multiply(p.pow(k, EXACT), EXACT).multiply(q.pow(n - k, EXACT), EXACT), EXACT);
            choose = choose.multiply(BigDecimal.valueOf(n - k), EXACT).divide(BigDecimal.valueOf(k + 1), EXACT);
        }
        return sum.doubleValue();
    }
}
