package dev.outrider.evals.stats;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Clusters of two sums each, of which those that are alike are counted and drawn together. Drawing n clusters with replacement is one
 * multinomial draw of how many of each kind there are, made of binomial draws (L. Devroye 1986, ch. XI.1.2): the same distribution as
 * drawing them one by one, in a time that grows with the kinds and not with the clusters.
 */
public final class CountedClusters {

    /** Up to so many clusters, drawing them one by one is as fast. */
    public static final int ONE_BY_ONE = 20_000;

    private final List<Sums> kinds;
    private final long[] counts;
    private final int n;

    private CountedClusters(List<Sums> kinds, long[] counts, int n) {
        this.kinds = kinds;
        this.counts = counts;
        this.n = n;
    }

    /** The two sums of a cluster, or of a sample of clusters. */
    public record Sums(long part, long size) {}

    /** Counts clusters that are alike, in the order of their first. */
    public static CountedClusters of(List<Sums> clusters) {
        Map<Sums, Long> counted = new LinkedHashMap<>();
        clusters.forEach(c -> counted.merge(c, 1L, Long::sum));
        return new CountedClusters(
                List.copyOf(counted.keySet()), counted.values().stream().mapToLong(Long::longValue).toArray(), clusters.size());
    }

    /** The sums of as many clusters as there are, drawn with replacement. */
    public Sums draw(RandomGenerator random) {
        long part = 0;
        long size = 0;
        int left = n;
        long among = n;
        for (int k = 0; k < counts.length && left > 0; k++) {
            int drawn = k == counts.length - 1 ? left : Binomial.draw(left, (double) counts[k] / among, random);
            part += drawn * kinds.get(k).part();
            size += drawn * kinds.get(k).size();
            left -= drawn;
            among -= counts[k];
        }
        return new Sums(part, size);
    }
}
