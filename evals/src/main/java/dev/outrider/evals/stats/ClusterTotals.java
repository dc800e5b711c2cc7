package dev.outrider.evals.stats;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Sums by cluster, and what chance could have made of them: whole clusters are drawn with replacement, all sums of a sample together, so
 * that ratios, differences and means of ratios of the same sample can be taken (Efron and Tibshirani 1993, ch. 13; Field and Welsh 2007
 * for clusters).
 *
 * <p>Keeps at most {@value #MOST} clusters. When there are more, clusters are put together into as many groups by a hash of their names:
 * groups put together at random vary as their members do, so the interval stays what it is, within 1 / √(2 · {@value #MOST}) of its
 * width, while memory and time do not grow with the number of tasks (the method of random groups, K. Wolter, Introduction to Variance
 * Estimation, 2007, ch. 2).
 */
public final class ClusterTotals {

    /** Samples drawn. */
    public static final int RESAMPLES = 2000;

    /** Clusters that are kept apart. */
    public static final int MOST = 2048;

    private final Map<String, double[]> byName = new LinkedHashMap<>();
    private double[][] groups = new double[0][];
    private long clusters;
    private int slots;

    /**
     * Adds to a sum of a cluster.
     *
     * @param slot which sum, from 0
     */
    public void add(String cluster, int slot, double value) {
        slots = Math.max(slots, slot + 1);
        if (groups.length > 0) {
            int at = group(cluster);
            groups[at] = grown(groups[at], slot);
            groups[at][slot] += value;
            return;
        }
        double[] sums = byName.get(cluster);
        if (sums == null && byName.size() == MOST) {
            fold();
            add(cluster, slot, value);
            return;
        }
        if (sums == null) {
            clusters++;
            sums = new double[0];
        }
        sums = grown(sums, slot);
        sums[slot] += value;
        byName.put(cluster, sums);
    }

    private void fold() {
        groups = new double[MOST][0];
        byName.forEach((name, sums) -> {
            int at = group(name);
            groups[at] = grown(groups[at], sums.length - 1);
            for (int i = 0; i < sums.length; i++) {
                groups[at][i] += sums[i];
            }
        });
        byName.clear();
    }

    private static int group(String cluster) {
        int hash = cluster.hashCode() * 0x9E3779B9;
        return (hash ^ hash >>> 15) >>> 1 & MOST - 1;
    }

    private static double[] grown(double[] sums, int slot) {
        return slot < sums.length ? sums : Arrays.copyOf(sums, slot + 1);
    }

    /** Units that are drawn: clusters, or groups of them. */
    public int units() {
        return groups.length > 0 ? (int) Arrays.stream(groups).filter(g -> g.length > 0).count() : (int) clusters;
    }

    /** The sums over all clusters, by slot. */
    public double[] totals() {
        double[] totals = new double[slots];
        for (double[] unit : unitSums()) {
            for (int i = 0; i < unit.length; i++) {
                totals[i] += unit[i];
            }
        }
        return totals;
    }

    /** Sums of every sample, by sample and slot; the same for the same seed. */
    public double[][] resample(long seed) {
        double[][] units = unitSums();
        double[][] samples = new double[RESAMPLES][slots];
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (double[] sample : samples) {
            for (int j = 0; j < units.length; j++) {
                double[] unit = units[random.nextInt(units.length)];
                for (int i = 0; i < unit.length; i++) {
                    sample[i] += unit[i];
                }
            }
        }
        return samples;
    }

    private double[][] unitSums() {
        return groups.length > 0
                ? Arrays.stream(groups).filter(g -> g.length > 0).toArray(double[][]::new)
                : byName.values().toArray(double[][]::new);
    }
}
