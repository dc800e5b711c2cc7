package dev.outrider.evals.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClusterTotalsTest {

    private static Estimate share(ClusterTotals totals) {
        return Objects.requireNonNull(
                Estimate.ofShare(totals.totals(), totals.resample(1), totals.units(), s -> s[1] == 0 ? Double.NaN : s[0] / s[1]));
    }

    @Test
    void theIntervalIsThatOfTheClusteredBootstrap() {
        Random random = new Random(3);
        ClusterTotals totals = new ClusterTotals();
        List<ClusterBootstrap.Cluster> clusters = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int size = 1 + random.nextInt(5);
            int hits = random.nextInt(size + 1);
            clusters.add(new ClusterBootstrap.Cluster(hits, size));
            totals.add("task " + i, 0, hits);
            totals.add("task " + i, 1, size);
        }
        Interval other = new ClusterBootstrap(1).interval95(clusters);
        assertThat(share(totals).low()).isCloseTo(other.low(), within(0.01));
        assertThat(share(totals).high()).isCloseTo(other.high(), within(0.01));
    }

    @Test
    void manyTasksPutTogetherAtRandomGiveTheSameInterval() {
        long seed = 5;
        Random random = new Random(seed);
        ClusterTotals totals = new ClusterTotals();
        int n = 60_000;
        for (int i = 0; i < n; i++) {
            // ten queries of one fate a task
            boolean hit = random.nextDouble() < 0.3;
            totals.add("suite/task-" + i, 0, hit ? 10 : 0);
            totals.add("suite/task-" + i, 1, 10);
        }
        assertThat(totals.units()).isEqualTo(ClusterTotals.MOST);
        double truth = 1.96 * Math.sqrt(0.3 * 0.7 / n);
        Estimate estimate = share(totals);
        assertThat((estimate.high() - estimate.low()) / 2).as("seed %d", seed).isCloseTo(truth, within(0.1 * truth));
        assertThat(totals.totals()[1]).isEqualTo(10.0 * n);
    }

    @Test
    void allRightIsNoCertainty() {
        ClusterTotals totals = new ClusterTotals();
        for (int i = 0; i < 10; i++) {
            totals.add("t" + i, 0, 1);
            totals.add("t" + i, 1, 1);
        }
        assertThat(share(totals).low()).isCloseTo(0.722467, within(1e-5));
        assertThat(share(totals).high()).isEqualTo(1);
    }

    private static NonInferiority test(int tasks, int worse, double margin) {
        ClusterTotals totals = new ClusterTotals();
        for (int i = 0; i < tasks; i++) {
            totals.add("t" + i, 0, i < worse ? -1 : 0);
            totals.add("t" + i, 1, 1);
        }
        return NonInferiority.of(totals.totals(), totals.resample(1), tasks, 0, 1, 0, worse, 0, margin);
    }

    @Test
    void nonInferiorityNeedsEvidenceNotTheAbsenceOfIt() {
        // the exact bound on a loss seen in none of 20 tasks is 1 − 0.05^(1/20) = 0.139
        assertThat(test(20, 0, 0.05).lower()).isCloseTo(-0.1391, within(1e-4));
        assertThat(test(20, 0, 0.05).notInferior()).isFalse();
        assertThat(test(200, 0, 0.05).notInferior()).isTrue();
        assertThat(test(1000, 10, 0.02).notInferior()).isTrue();
        // the bound of a normal approximation: 0.01 + 1.645 · sqrt(0.01 · 0.99 / 1000) = 0.0152
        assertThat(test(1000, 10, 0.02).lower()).isCloseTo(-0.0152, within(0.001));
        assertThat(test(1000, 10, 0.012).notInferior()).isFalse();
    }
}
