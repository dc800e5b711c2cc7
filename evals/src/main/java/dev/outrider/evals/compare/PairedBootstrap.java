package dev.outrider.evals.compare;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

import dev.outrider.evals.stats.CountedClusters;

/**
 * The interval of the difference of two shares over the same queries, whole clusters drawn with replacement (Efron and Tibshirani 1993,
 * ch. 13): queries of one task share their fate, and a test that forgets it finds differences where there are none.
 */
final class PairedBootstrap {

    private static final int RESAMPLES = 2000;

    private PairedBootstrap() {}

    /**
     * One cluster.
     *
     * @param gained queries right in the second run less those right in the first
     * @param size queries
     */
    record Cluster(int gained, int size) {}

    /**
     * The ends of the 95 % interval of the difference, second less first, in [-1, 1].
     *
     * @param clusters at least one, with at least one query in all
     */
    static double[] interval95(List<Cluster> clusters, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        double[] differences = new double[RESAMPLES];
        int n = clusters.size();
        CountedClusters kinds = n > CountedClusters.ONE_BY_ONE
                ? CountedClusters.of(clusters.stream().map(c -> new CountedClusters.Sums(c.gained(), c.size())).toList())
                : null;
        for (int i = 0; i < RESAMPLES; i++) {
            if (kinds != null) {
                CountedClusters.Sums drawn = kinds.draw(random);
                differences[i] = (double) drawn.part() / drawn.size();
                continue;
            }
            long gained = 0;
            long size = 0;
            for (int j = 0; j < n; j++) {
                Cluster cluster = clusters.get(random.nextInt(n));
                gained += cluster.gained();
                size += cluster.size();
            }
            differences[i] = (double) gained / size;
        }
        Arrays.sort(differences);
        return new double[] {differences[(int) (0.025 * RESAMPLES)], differences[(int) Math.ceil(0.975 * RESAMPLES) - 1]};
    }
}
