package dev.outrider.evals.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import dev.outrider.evals.compare.Side.Row;

/**
 * A yes-or-no figure in two runs of the same queries.
 *
 * @param name {@code replacement rate} or {@code end accuracy}
 * @param queries pairs
 * @param before yes in the first run
 * @param after yes in the second
 * @param better cases that became yes, in order
 * @param broke cases that became no, in order
 * @param low lower end of the 95 % interval of the difference of the shares, clustered by task
 * @param high its upper end
 * @param pValue of McNemar's exact test, which takes queries for independent
 * @param clusters independent tasks
 */
public record Difference(
        String name,
        int queries,
        int before,
        int after,
        List<String> better,
        List<String> broke,
        double low,
        double high,
        double pValue,
        int clusters) {

    public Difference {
        better = List.copyOf(better);
        broke = List.copyOf(broke);
    }

    static Difference of(String name, List<Comparison.Pair> pairs, Predicate<Row> yes, long seed) {
        List<String> better = new ArrayList<>();
        List<String> broke = new ArrayList<>();
        Map<String, int[]> clusters = new LinkedHashMap<>();
        int before = 0;
        int after = 0;
        for (Comparison.Pair pair : pairs) {
            boolean was = yes.test(pair.before());
            boolean is = yes.test(pair.after());
            before += was ? 1 : 0;
            after += is ? 1 : 0;
            if (is && !was) {
                better.add(pair.id());
            } else if (was && !is) {
                broke.add(pair.id());
            }
            int[] cluster = clusters.computeIfAbsent(pair.before().cluster(), c -> new int[2]);
            cluster[0] += (is ? 1 : 0) - (was ? 1 : 0);
            cluster[1]++;
        }
        List<PairedBootstrap.Cluster> drawn =
                clusters.values().stream().map(c -> new PairedBootstrap.Cluster(c[0], c[1])).toList();
        double[] interval = drawn.isEmpty() ? new double[2] : PairedBootstrap.interval95(drawn, seed);
        int n = clusters.values().stream().mapToInt(c -> c[1]).sum();
        return new Difference(
                name, n, before, after, better, broke, interval[0], interval[1], McNemar.pValue(better.size(), broke.size()),
                clusters.size());
    }

    /** Second share less first. */
    public double change() {
        return queries == 0 ? 0 : (double) (after - before) / queries;
    }

    /**
     * Whether the difference is more than chance at 5 %: both the clustered interval excludes none and the exact test, which knows small
     * numbers better, says so.
     */
    public boolean significant() {
        return pValue < 0.05 && (low > 0 || high < 0);
    }

    /** The verdict in a word. */
    public String verdict() {
        return !significant() ? "not significant" : change() > 0 ? "better" : "worse";
    }
}
