package dev.outrider.slm.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.TokenChoice;

class TokenChooserTest {

    /** Logits of the probabilities 0.5, 0.3, 0.15, 0.05, shifted, in another order. */
    private static final float[] LOGITS = {log(0.15), log(0.5), log(0.05), log(0.3)};

    private final TokenChooser chooser = new TokenChooser();

    private static float log(double probability) {
        return (float) (Math.log(probability) + 3);
    }

    private TokenChoice greedy(float... logits) {
        return chooser.choose(logits, 0, logits.length, ChoiceRequest.GREEDY);
    }

    private TokenChoice draw(float[] logits, double temperature, double topP, long seed, long position) {
        return chooser.choose(
                logits, 0, logits.length, ChoiceRequest.of((float) temperature, (float) topP, seed, position));
    }

    @Test
    void greedy_takes_the_most_likely_token_and_says_how_sure_it_was() {
        TokenChoice choice = greedy(LOGITS);
        assertThat(choice.token()).isEqualTo(1);
        assertThat(Math.exp(choice.logProbability())).isCloseTo(0.5, within(1e-6));
        assertThat(choice.top2Margin()).isCloseTo(0.2f, within(1e-6f));
    }

    @Test
    void of_equally_likely_tokens_greedy_takes_the_first() {
        TokenChoice choice = greedy(1, 7, 7);
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
        for (int i = 0; i < 1000; i++) {
            assertThat(draw(new float[] {2, 2, 2, 2}, 1, 0.5, 1, i).token()).isLessThan(2);
        }
    }

    @Test
    void top_k_draws_from_so_many_of_the_most_likely_tokens() {
        assertThat(frequencies(1, 1, 2)).containsExactly(new double[] {0, 0.625, 0, 0.375}, within(0.02));
        assertThat(frequencies(1, 1, 1)).containsExactly(0, 1, 0, 0);
        assertThat(frequencies(1, 1, 4)).isEqualTo(frequencies(1, 1, 0)).isEqualTo(frequencies(1, 1, 9));
    }

    @Test
    void the_nucleus_is_one_of_the_tokens_that_top_k_leaves() {
        // of 0.5 and 0.3 the first has 0.625
        assertThat(frequencies(1, 0.62, 2)).containsExactly(0, 1, 0, 0);
        assertThat(frequencies(1, 0.63, 2)).containsExactly(new double[] {0, 0.625, 0, 0.375}, within(0.02));
    }

    @Test
    void of_equally_likely_tokens_at_its_edge_top_k_keeps_the_first() {
        boolean[] seen = new boolean[5];
        for (int i = 0; i < 1000; i++) {
            ChoiceRequest request = ChoiceRequest.of(1, 1, 3, 1, i);
            seen[chooser.choose(new float[] {2, 2, 9, 2, 2}, 0, 5, ChoiceRequest.of(9, 1, 3, 1, i)).token()] = true;
            assertThat(chooser.choose(new float[] {2, 2, 2, 2, 2}, 0, 5, request).token()).isLessThan(3);
        }
        assertThat(seen).containsExactly(true, true, true, false, false);
    }

    @Test
    void top_k_is_that_of_a_plain_sort_for_any_logits_and_mask() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            float[] logits = new float[64];
            for (int j = 0; j < logits.length; j++) {
                logits[j] = random.nextInt(9) * (i % 2 == 0 ? 1f : 9f); // with many ties, and with weights of nearly nothing
            }
            long mask = random.nextLong() | 1;
            int k = 1 + random.nextInt(70);
            Set<Integer> top = IntStream.range(0, 64)
                    .filter(id -> (mask >>> id & 1) != 0)
                    .boxed()
                    .sorted(Comparator.comparing((Integer id) -> -logits[id]).thenComparing(id -> id))
                    .limit(k)
                    .collect(Collectors.toSet());
            for (int draw = 0; draw < 50; draw++) {
                ChoiceRequest request = new ChoiceRequest(3, 1, k, 7, draw, new long[] {mask});
                assertThat(top).as("seed %d", seed).contains(chooser.choose(logits, 0, 64, request).token());
            }
        }
    }

    @Test
    void evidence_is_that_of_temperature_one_whatever_the_temperature() {
        for (int i = 0; i < 50; i++) {
            TokenChoice choice = draw(LOGITS, 2, 0.9, 3, i);
            assertThat(Math.exp(choice.logProbability()))
                    .isCloseTo(Math.exp(LOGITS[choice.token()] - 3), within(1e-6));
            assertThat(choice.top2Margin()).isCloseTo(0.2f, within(1e-6f));
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
            TokenChoice choice = draw(logits, random.nextInt(3), 0.5, i, 7);
            assertThat(choice.logProbability()).as("seed %d", seed).isLessThanOrEqualTo(0).isFinite();
            assertThat(choice.top2Margin()).as("seed %d", seed).isBetween(0f, 1f);
        }
    }

    @Test
    void where_logits_are_no_numbers_no_token_is_chosen() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThat(greedy(1, bad, 2)).isEqualTo(TokenChoice.NONE);
        }
    }

    @Test
    void a_mask_leaves_the_evidence_alone_and_says_how_much_it_forbade() {
        ChoiceRequest only0and2 = new ChoiceRequest(0, 1, 0, 0, new long[] {0b0101});
        TokenChoice choice = chooser.choose(LOGITS, 0, 4, only0and2);
        assertThat(choice.token()).isZero();
        assertThat(Math.exp(choice.logProbability())).isCloseTo(0.15, within(1e-6));
        assertThat(choice.top2Margin()).isCloseTo(0.2f, within(1e-6f));
        assertThat(choice.maskedMass()).isCloseTo(0.8f, within(1e-6f));
        assertThat(chooser.choose(LOGITS, 0, 4, new ChoiceRequest(0, 1, 0, 0, new long[1]))).isEqualTo(TokenChoice.NONE);
    }

    @Test
    void draws_under_a_mask_follow_the_probabilities_of_what_it_allows() {
        int draws = 20_000;
        double[] counts = new double[4];
        for (int i = 0; i < draws; i++) {
            ChoiceRequest request = new ChoiceRequest(1, 1, 3, i, new long[] {0b1101});
            counts[chooser.choose(LOGITS, 0, 4, request).token()] += 1.0 / draws;
        }
        assertThat(counts).containsExactly(new double[] {0.3, 0, 0.1, 0.6}, within(0.02));
    }

    @Test
    void a_row_in_the_middle_of_others_is_chosen_from_as_if_it_were_alone() {
        float[] rows = {9, 9, 9, 9, LOGITS[0], LOGITS[1], LOGITS[2], LOGITS[3], 9, 9};
        for (int i = 0; i < 100; i++) {
            ChoiceRequest request = ChoiceRequest.of(1, 0.9f, 5, i);
            assertThat(chooser.choose(rows, 4, 4, request)).isEqualTo(draw(LOGITS, 1, 0.9f, 5, i));
        }
    }

    @Test
    void the_number_that_decides_is_that_of_the_published_generator_at_this_position() {
        long seed = new Random().nextLong();
        SplittableRandom stream = new SplittableRandom(seed);
        for (int position = 0; position < 100; position++) {
            double expected = (stream.nextLong() >>> 11) * 0x1p-53;
            assertThat(ChoiceRequest.of(1, 1, seed, position).uniform()).as("seed %d", seed).isEqualTo(expected);
        }
    }

    @Test
    void a_nucleus_of_light_tokens_is_found_too() {
        float[] flat = new float[5000]; // no token is much heavier than another, and one is very light
        flat[77] = -40;
        double[] seen = new double[flat.length];
        for (int i = 0; i < 2000; i++) {
            seen[draw(flat, 1, 0.999, 9, i).token()]++;
        }
        assertThat(seen[77]).isZero();
        assertThat(seen).hasSize(5000);
        float[] steep = {0, -8, -9, -15, -16}; // the tail is needed for 0.9999999
        int[] tail = new int[5];
        for (int i = 0; i < 200_000; i++) {
            tail[draw(steep, 3, 0.9999999, 9, i).token()]++;
        }
        assertThat(tail).doesNotContain(0);
    }

    private double[] frequencies(double temperature, double topP) {
        return frequencies(temperature, topP, 0);
    }

    private double[] frequencies(double temperature, double topP, int topK) {
        double[] counts = new double[LOGITS.length];
        int draws = 20_000;
        for (int i = 0; i < draws; i++) {
            ChoiceRequest request = ChoiceRequest.of((float) temperature, (float) topP, topK, 42, i);
            counts[chooser.choose(LOGITS, 0, LOGITS.length, request).token()] += 1.0;
        }
        return Arrays.stream(counts).map(count -> count / draws).toArray();
    }
}
