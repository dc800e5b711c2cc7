package dev.outrider.evals.stats;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * The interval of a share whose observations come in clusters: whole clusters are drawn with replacement and the share of each sample
 * is computed anew; the interval lies between the 2.5 % and 97.5 % quantiles of those shares (Efron and Tibshirani 1993, ch. 13;
 * Field and Welsh 2007 for clusters). Queries of one task share their fate; drawing them one by one would make the interval too
 * narrow.
 *
 * <p>Where the samples do not vary (all right, all wrong, a single cluster) the bootstrap knows nothing and would claim certainty;
 * the Wilson interval over the number of clusters stands in.
 */
public final class ClusterBootstrap {

    /** Samples drawn. */
    public static final int RESAMPLES = 2000;

    private final long seed;

    public ClusterBootstrap(long seed) {
        this.seed = seed;
    }

    /**
     * One cluster.
     *
     * @param hits observations that count
     * @param size all observations
     */
    public record Cluster(int hits, int size) {
        public Cluster {
            if (hits < 0 || hits > size) {
                throw new IllegalArgumentException(hits + " of " + size);
            }
        }
    }

    /**
     * The 95 % interval of the share of hits.
     *
     * @param clusters at least one, with at least one observation in all
     */
    public Interval interval95(List<Cluster> clusters) {
        List<Cluster> filled = clusters.stream().filter(c -> c.size() > 0).toList();
        if (filled.isEmpty()) {
            throw new IllegalArgumentException("no observations");
        }
        double[] shares = new double[RESAMPLES];
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int n = filled.size();
        CountedClusters kinds = n > CountedClusters.ONE_BY_ONE
                ? CountedClusters.of(filled.stream().map(c -> new CountedClusters.Sums(c.hits(), c.size())).toList())
                : null;
        for (int i = 0; i < RESAMPLES; i++) {
            if (kinds != null) {
                CountedClusters.Sums drawn = kinds.draw(random);
                shares[i] = (double) drawn.part() / drawn.size();
                continue;
            }
            long hits = 0;
            long size = 0;
            for (int j = 0; j < n; j++) {
                Cluster cluster = filled.get(random.nextInt(n));
                hits += cluster.hits();
                size += cluster.size();
            }
            shares[i] = (double) hits / size;
        }
        Arrays.sort(shares);
        double low = Quantiles.ofSorted(shares, 0.025);
        double high = Quantiles.ofSorted(shares, 0.975);
        if (high - low > 1e-12) {
            return new Interval(low, high, "bootstrap over " + n + " tasks, " + RESAMPLES + " resamples, seed " + seed);
        }
        long hits = filled.stream().mapToLong(Cluster::hits).sum();
        long size = filled.stream().mapToLong(Cluster::size).sum();
        return Wilson.interval95((double) hits / size, n);
    }
}
