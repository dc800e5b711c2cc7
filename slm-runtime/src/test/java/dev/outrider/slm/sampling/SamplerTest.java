package dev.outrider.slm.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.SlmException;

class SamplerTest {

    /** Logits of the probabilities 0.5, 0.3, 0.15, 0.05, shifted, in another order. */
    private static final float[] LOGITS = {log(0.15), log(0.5), log(0.05), log(0.3)};

    private static float log(double probability) {
        return (float) (Math.log(probability) + 3);
    }

    @Test
    void greedy_takes_the_most_likely_token_and_says_how_sure_it_was() {
        Choice choice = new Sampler(0, 1, 0).choose(LOGITS);
        assertThat(choice.token()).isEqualTo(1);
        assertThat(Math.exp(choice.logProbability())).isCloseTo(0.5, within(1e-6));
        assertThat(choice.top2Margin()).isCloseTo(0.2, within(1e-6));
    }

    @Test
    void of_equally_likely_tokens_greedy_takes_the_first() {
        Choice choice = new Sampler(0, 1, 0).choose(new float[] {1, 7, 7});
        assertThat(choice.token()).isEqualTo(1);
        assertThat(choice.top2Margin()).isZero();
    }

    @Test
    void draws_at_temperature_one_follow_the_probabilities() {
        assertThat(frequencies(1, 1)).containsExactly(new double[] {0.15, 0.5, 0.05, 0.3}, within(0.02));
    }

    @Test
    void a_low_temperature_sharpens_the_distribution() {
        double sum = 0.15 * 0.15 + 0.25 + 0.05 * 0.05 + 0.09;
        assertThat(frequencies(0.5, 1))
                .containsExactly(
                        new double[] {0.0225 / sum, 0.25 / sum, 0.0025 / sum, 0.09 / sum}, within(0.02));
    }

    @Test
    void the_nucleus_holds_the_fewest_tokens_that_reach_top_p() {
        assertThat(frequencies(1, 0.79)).containsExactly(new double[] {0, 0.625, 0, 0.375}, within(0.02));
        assertThat(frequencies(1, 0.81))
                .containsExactly(new double[] {0.15 / 0.95, 0.5 / 0.95, 0, 0.3 / 0.95}, within(0.02));
        assertThat(frequencies(1, 1e-9)).containsExactly(new double[] {0, 1, 0, 0}, within(1e-9));
    }

    @Test
    void of_equally_likely_tokens_the_nucleus_keeps_as_many_as_it_needs() {
        Sampler sampler = new Sampler(1, 0.5, 1);
        for (int i = 0; i < 1000; i++) {
            assertThat(sampler.choose(new float[] {2, 2, 2, 2}).token()).isLessThan(2);
        }
    }

    @Test
    void evidence_is_that_of_temperature_one_whatever_the_temperature() {
        Sampler sampler = new Sampler(2, 0.9, 3);
        for (int i = 0; i < 50; i++) {
            Choice choice = sampler.choose(LOGITS);
            assertThat(Math.exp(choice.logProbability()))
                    .isCloseTo(Math.exp(LOGITS[choice.token()] - 3), within(1e-6));
            assertThat(choice.top2Margin()).isCloseTo(0.2, within(1e-6));
        }
    }

    @Test
    void evidence_stays_in_its_range_for_any_logits() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            float[] logits = new float[1 + random.nextInt(100)];
            float scale = (float) Math.pow(10, random.nextInt(6) - 2);
            for (int j = 0; j < logits.length; j++) {
                logits[j] = scale * (float) random.nextGaussian();
            }
            Choice choice = new Sampler(random.nextInt(3), 0.5, i).choose(logits);
            assertThat(choice.logProbability()).as("seed %d", seed).isLessThanOrEqualTo(0).isFinite();
            assertThat(choice.top2Margin()).as("seed %d", seed).isBetween(0.0, 1.0);
        }
    }

    @Test
    void logits_that_are_no_numbers_are_an_error() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThatExceptionOfType(SlmException.class)
                    .isThrownBy(() -> new Sampler(0, 1, 0).choose(new float[] {1, bad, 2}))
                    .withMessageContaining("no numbers");
        }
    }

    private static double[] frequencies(double temperature, double topP) {
        Sampler sampler = new Sampler(temperature, topP, 42);
        double[] counts = new double[LOGITS.length];
        int draws = 20_000;
        for (int i = 0; i < draws; i++) {
            counts[sampler.choose(LOGITS).token()] += 1.0 / draws;
        }
        return counts;
    }
}
