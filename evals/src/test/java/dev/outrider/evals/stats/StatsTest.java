package dev.outrider.evals.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.outrider.evals.stats.ClusterBootstrap.Cluster;

class StatsTest {

    @ParameterizedTest(name = "Wilson interval of {0} of {1} is [{2}, {3}]")
    @CsvSource({
        // values of R's binom::binom.wilson
        "0, 10, 0.0, 0.277533", "10, 10, 0.722467, 1.0", "8, 10, 0.490162, 0.943318", "50, 100, 0.403832, 0.596168", "1, 1, 0.206549, 1.0"
    })
    void wilsonAgreesWithKnownValues(int hits, int n, double low, double high) {
        Interval interval = Wilson.interval95((double) hits / n, n);
        assertThat(interval.low()).isCloseTo(low, within(1e-5));
        assertThat(interval.high()).isCloseTo(high, within(1e-5));
    }

    @Test
    void quantilesInterpolateAsNumpyDoes() {
        assertThat(Quantiles.of(DoubleStream.of(4, 1, 3, 2), 0.25)).hasValue(1.75);
        assertThat(Quantiles.of(DoubleStream.of(4, 1, 3, 2), 0.5)).hasValue(2.5);
        assertThat(Quantiles.of(DoubleStream.of(5), 0.95)).hasValue(5);
        assertThat(Quantiles.of(DoubleStream.empty(), 0.5)).isEmpty();
    }

    @Test
    void theBootstrapOfIndependentQueriesIsTheBinomialInterval() {
        List<Cluster> clusters = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            clusters.add(new Cluster(i % 2, 1));
        }
        Interval interval = new ClusterBootstrap(1).interval95(clusters);
        // 0.5 ± 1.96 · sqrt(0.25 / 400) = [0.451, 0.549]
        assertThat(interval.low()).isCloseTo(0.451, within(0.01));
        assertThat(interval.high()).isCloseTo(0.549, within(0.01));
    }

    @Test
    void queriesThatShareTheirFateMakeTheIntervalWider() {
        List<Cluster> together = new ArrayList<>();
        List<Cluster> apart = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            together.add(new Cluster(i % 2 * 10, 10));
            for (int j = 0; j < 10; j++) {
                apart.add(new Cluster(i % 2, 1));
            }
        }
        double wide = new ClusterBootstrap(1).interval95(together).width();
        double narrow = new ClusterBootstrap(1).interval95(apart).width();
        // ten observations in one are worth one: the width grows by sqrt(10)
        assertThat(wide / narrow).isCloseTo(Math.sqrt(10), within(0.4));
    }

    @Test
    void theSameSeedGivesTheSameInterval() {
        List<Cluster> clusters = List.of(new Cluster(1, 2), new Cluster(0, 3), new Cluster(4, 4));
        assertThat(new ClusterBootstrap(5).interval95(clusters)).isEqualTo(new ClusterBootstrap(5).interval95(clusters));
    }

    @Test
    void certaintyIsNeverClaimedFromASampleThatDoesNotVary() {
        Interval right = new ClusterBootstrap(1).interval95(Collections.nCopies(10, new Cluster(3, 3)));
        assertThat(right.low()).isCloseTo(0.722467, within(1e-5));
        assertThat(right.high()).isEqualTo(1);
        Interval wrong = new ClusterBootstrap(1).interval95(Collections.nCopies(10, new Cluster(0, 3)));
        assertThat(wrong.low()).isZero();
        assertThat(wrong.high()).isCloseTo(0.277533, within(1e-5));
        Interval single = new ClusterBootstrap(1).interval95(List.of(new Cluster(5, 10)));
        assertThat(single.width()).isGreaterThan(0.8);
    }

    @Test
    void theIntervalCoversTheTruthAboutAsOftenAsItSays() {
        long seed = 20_261_122L;
        Random random = new Random(seed);
        int covered = 0;
        int runs = 200;
        for (int run = 0; run < runs; run++) {
            List<Cluster> clusters = new ArrayList<>();
            for (int i = 0; i < 80; i++) {
                int size = 1 + random.nextInt(4);
                double own = random.nextBoolean() ? 0.85 : 0.35;
                int hits = 0;
                for (int j = 0; j < size; j++) {
                    hits += random.nextDouble() < own ? 1 : 0;
                }
                clusters.add(new Cluster(hits, size));
            }
            Interval interval = new ClusterBootstrap(run).interval95(clusters);
            covered += interval.low() <= 0.6 && 0.6 <= interval.high() ? 1 : 0;
        }
        assertThat((double) covered / runs).as("seed %d", seed).isBetween(0.90, 0.99);
    }

    @Test
    void nothingHasNoInterval() {
        assertThatThrownBy(() -> new ClusterBootstrap(1).interval95(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void binomialDrawsHaveTheirMeanAndTheirVariance() {
        var random = java.util.random.RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        for (int n : new int[] {1, 7, 40, 100_000}) {
            for (double p : new double[] {0.001, 0.3, 0.5, 0.97}) {
                int draws = 4000;
                double sum = 0;
                double squares = 0;
                for (int i = 0; i < draws; i++) {
                    int drawn = Binomial.draw(n, p, random);
                    assertThat(drawn).isBetween(0, n);
                    sum += drawn;
                    squares += (drawn - n * p) * (drawn - n * p);
                }
                double variance = n * p * (1 - p);
                double error = Math.sqrt(variance / draws);
                assertThat(sum / draws).as("mean of %d at %s", n, p).isCloseTo(n * p, org.assertj.core.api.Assertions.within(5 * error));
                // the fourth moment of a binomial bounds what its variance may miss by
                double miss = Math.sqrt((variance * (1 + 3 * variance)) / draws);
                assertThat(squares / draws).as("variance of %d at %s", n, p).isCloseTo(variance, org.assertj.core.api.Assertions.within(5 * miss));
            }
        }
    }

    @Test
    void manyClustersAreDrawnTogetherAndGiveTheSameInterval() {
        List<ClusterBootstrap.Cluster> few = new java.util.ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            few.add(new ClusterBootstrap.Cluster(i % 3 == 0 ? 0 : 2, i % 2 == 0 ? 2 : 4));
        }
        List<ClusterBootstrap.Cluster> oneMore = new java.util.ArrayList<>(few);
        oneMore.add(new ClusterBootstrap.Cluster(1, 2));
        Interval slow = new ClusterBootstrap(1).interval95(few);
        Interval fast = new ClusterBootstrap(1).interval95(oneMore);
        assertThat(fast.low()).isCloseTo(slow.low(), org.assertj.core.api.Assertions.within(0.0006));
        assertThat(fast.high()).isCloseTo(slow.high(), org.assertj.core.api.Assertions.within(0.0006));
    }
}
