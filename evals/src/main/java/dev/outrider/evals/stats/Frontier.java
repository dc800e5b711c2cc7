package dev.outrider.evals.stats;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every threshold on the SLM's confidence would have given: from everything to the LLM to everything local. Keeps sums by class of
 * confidence ({@value #BINS} classes of equal width in its logit), no queries.
 *
 * <p>Figures of the literature, on these points:
 * <ul>
 *   <li>PGR = (q − q_weak) / (q_strong − q_weak), the performance gap recovered; APGR its mean over the share of strong calls; CPT(x)
 *       the smallest share of strong calls with PGR ≥ x (I. Ong et al., RouteLLM, arXiv 2406.18665). With q the quality (share right),
 *       weak the SLM and strong the LLM. Undefined unless the LLM is better than the SLM.
 *   <li>AIQ: the area under the non-decreasing convex hull of (cost, quality), carried on flat to the largest cost, divided by it (Q. J.
 *       Hu et al., RouterBench, arXiv 2403.12031). The hull begins at the origin: whoever answers nothing pays nothing.
 *   <li>Selective risk at a coverage: wrong among the most confident share of queries (R. El-Yaniv and Y. Wiener, JMLR 11, 2010), and
 *       its mean over the coverage, AURC.
 * </ul>
 */
public final class Frontier {

    private static final int BINS = 2048;
    private static final double REACH = 20;

    private final double[][] bins = new double[BINS + 1][];

    private static final int N = 0;
    private static final int LOCAL_RIGHT = 1;
    private static final int LLM_RIGHT = 2;
    private static final int LOCAL_COST = 3;
    private static final int LLM_COST = 4;
    private static final int SUMS = 5;

    /**
     * Adds a query.
     *
     * @param confidence of the SLM, in [0, 1]; null when it proposed nothing, so that only the LLM can answer
     * @param localRight whether its proposal is right
     * @param llmRight whether the LLM is right, or with what probability
     * @param localCost of the SLM's attempt, paid whatever is decided
     * @param llmCost of asking the LLM
     */
    public void add(@Nullable Double confidence, boolean localRight, double llmRight, double localCost, double llmCost) {
        int at = confidence == null ? BINS : BINS - 1 - bin(confidence);
        double[] sums = bins[at];
        if (sums == null) {
            sums = new double[SUMS];
            bins[at] = sums;
        }
        sums[N]++;
        sums[LOCAL_RIGHT] += localRight ? 1 : 0;
        sums[LLM_RIGHT] += llmRight;
        sums[LOCAL_COST] += localCost;
        sums[LLM_COST] += llmCost;
    }

    private static int bin(double confidence) {
        double p = Math.clamp(confidence, 1e-9, 1 - 1e-9);
        double logit = Math.log(p / (1 - p));
        return (int) Math.clamp((long) Math.floor((logit + REACH) / (2 * REACH) * BINS), 0L, BINS - 1L);
    }

    /**
     * One threshold.
     *
     * @param strongShare share of the queries that go to the LLM
     * @param quality share right in the end
     * @param cost of all queries
     */
    public record Point(double strongShare, double quality, double cost) {}

    /**
     * One coverage.
     *
     * @param coverage share of all queries that are taken locally
     * @param risk wrong among them
     */
    public record Risk(double coverage, double risk) {}

    /**
     * What the thresholds amount to.
     *
     * @param points from all to the LLM (strong share 1) to as local as can be
     * @param weak share right if every local proposal is taken
     * @param strong share right if the LLM answers everything
     * @param apgr null where the LLM is no better than the SLM
     * @param cpt50 smallest strong share that recovers half of the gap; null where there is none
     * @param cpt80 the same for 80 %
     * @param aiq null without queries
     * @param risks by coverage, from the most confident on
     * @param aurc area under the risk, over the coverages that were reached; null without proposals
     */
    public record Summary(
            List<Point> points,
            double weak,
            double strong,
            @Nullable Double apgr,
            @Nullable Double cpt50,
            @Nullable Double cpt80,
            @Nullable Double aiq,
            List<Risk> risks,
            @Nullable Double aurc) {

        public Summary {
            points = List.copyOf(points);
            risks = List.copyOf(risks);
        }
    }

    /** What is known now. */
    public Summary summary() {
        double n = 0;
        double llmRight = 0;
        double localRight = 0;
        double localCost = 0;
        double llmCost = 0;
        for (double[] b : bins) {
            if (b != null) {
                n += b[N];
                llmRight += b[LLM_RIGHT];
                localRight += b[LOCAL_RIGHT];
                localCost += b[LOCAL_COST];
                llmCost += b[LLM_COST];
            }
        }
        if (n == 0) {
            return new Summary(List.of(), Double.NaN, Double.NaN, null, null, null, null, List.of(), null);
        }
        List<Point> points = new ArrayList<>();
        List<Risk> risks = new ArrayList<>();
        double taken = 0;
        double takenRight = 0;
        double right = llmRight;
        double cost = localCost + llmCost;
        // the first point asks the LLM at once and pays for no attempt
        points.add(new Point(1, llmRight / n, llmCost));
        double area = 0;
        for (int i = 0; i < BINS; i++) {
            double[] b = bins[i];
            if (b == null) {
                continue;
            }
            right += b[LOCAL_RIGHT] - b[LLM_RIGHT];
            cost -= b[LLM_COST];
            double before = taken == 0 ? 0 : 1 - takenRight / taken;
            taken += b[N];
            takenRight += b[LOCAL_RIGHT];
            double risk = 1 - takenRight / taken;
            area += (risks.isEmpty() ? risk : (before + risk) / 2) * b[N] / n;
            points.add(new Point(1 - taken / n, right / n, cost));
            risks.add(new Risk(taken / n, risk));
        }
        double weak = localRight / n;
        double strong = llmRight / n;
        return new Summary(
                points,
                weak,
                strong,
                apgr(points, weak, strong),
                cpt(points, weak, strong, 0.5),
                cpt(points, weak, strong, 0.8),
                aiq(points),
                risks,
                taken == 0 ? null : Double.valueOf(area / (taken / n)));
    }

    private static @Nullable Double apgr(List<Point> points, double weak, double strong) {
        if (!(strong > weak)) {
            return null;
        }
        double area = 0;
        for (int i = 1; i < points.size(); i++) {
            Point a = points.get(i - 1);
            Point b = points.get(i);
            area += (a.strongShare() - b.strongShare()) * (a.quality() + b.quality()) / 2;
        }
        // where the SLM proposes nothing the share cannot fall further: from there on the last quality stands for an answer too few
        Point last = points.getLast();
        area += last.strongShare() * (last.quality() + weak) / 2;
        return (area - weak) / (strong - weak);
    }

    private static @Nullable Double cpt(List<Point> points, double weak, double strong, double recovered) {
        if (!(strong > weak)) {
            return null;
        }
        return points.stream()
                .filter(p -> (p.quality() - weak) / (strong - weak) >= recovered - 1e-12)
                .map(Point::strongShare)
                .min(Double::compare)
                .orElse(null);
    }

    private static @Nullable Double aiq(List<Point> points) {
        double most = points.stream().mapToDouble(Point::cost).max().orElse(0);
        if (!(most > 0)) {
            return null;
        }
        List<double[]> sorted = new ArrayList<>();
        sorted.add(new double[] {0, 0});
        points.stream().sorted(Comparator.comparingDouble(Point::cost).thenComparingDouble(Point::quality))
                .forEach(p -> sorted.add(new double[] {p.cost(), p.quality()}));
        List<double[]> hull = new ArrayList<>();
        for (double[] p : sorted) {
            if (!hull.isEmpty() && p[1] <= hull.getLast()[1]) {
                continue;
            }
            while (hull.size() > 1 && cross(hull.get(hull.size() - 2), hull.getLast(), p) >= 0) {
                hull.removeLast();
            }
            hull.add(p);
        }
        double area = 0;
        for (int i = 1; i < hull.size(); i++) {
            area += (hull.get(i)[0] - hull.get(i - 1)[0]) * (hull.get(i)[1] + hull.get(i - 1)[1]) / 2;
        }
        area += (most - hull.getLast()[0]) * hull.getLast()[1];
        return area / most;
    }

    /** Positive when the way from a over b to c turns left, so that b lies below the line from a to c. */
    private static double cross(double[] a, double[] b, double[] c) {
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    }
}
