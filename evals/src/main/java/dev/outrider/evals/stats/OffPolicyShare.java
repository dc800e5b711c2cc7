package dev.outrider.evals.stats;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.statistics.distribution.BetaDistribution;
import org.jspecify.annotations.Nullable;

/**
 * The share of hits in a population of which only some members were looked at, each with a known probability (its propensity).
 * A member that was looked at with probability π stands for 1/π of them. Members fall into strata that were looked at by
 * different rules; each stratum is weighted by its true size.
 *
 * <p>Two estimates: inverse propensity, Σ y/π over the size (D. G. Horvitz and D. J. Thompson, JASA 47, 1952; unbiased, may
 * leave [0, 1]), and self-normalised, Σ y/π over Σ 1/π (J. Hájek 1971; A. Swaminathan and T. Joachims, NIPS 2015, for logged
 * decisions). The interval is that of Clopper and Pearson at the effective sample size (E. L. Korn and B. I. Graubard, Survey
 * Methodology 24, 1998), with the linearised variance over clusters: sessions, not queries, are independent.
 *
 * <p>Keeps sums by stratum and cluster, no members.
 */
public final class OffPolicyShare {

    private static final double TAIL = 0.025;

    private final Map<String, Stratum> strata = new LinkedHashMap<>();

    private static final class Stratum {
        private long size;
        private long missing;
        private long labelled;
        private long hits;
        private double weights;
        private double squares;
        private double hitWeights;
        private final Map<String, double[]> clusters = new LinkedHashMap<>();

        double share() {
            return hitWeights / weights;
        }

        /** Members that were looked at with one weight would tell as much as these. */
        double kish() {
            return weights * weights / squares;
        }

        double variance() {
            double share = share();
            double sum = 0;
            for (double[] c : clusters.values()) {
                double residual = c[1] - share * c[0];
                sum += residual * residual;
            }
            int n = clusters.size();
            double variance = n < 2 ? 0 : sum / (weights * weights) * n / (n - 1);
            if (variance > 1e-15) {
                return variance;
            }
            // all alike: the spread says nothing, so take what half a hit more would have shown among the clusters
            double clusterSquares = clusters.values().stream().mapToDouble(c -> c[0] * c[0]).sum();
            double effective = weights * weights / clusterSquares;
            double smoothed = (share * effective + 0.5) / (effective + 1);
            return smoothed * (1 - smoothed) / effective;
        }
    }

    /** Counts a member of the population. */
    public void member(String stratum) {
        of(stratum).size++;
    }

    /** A member that was to be looked at and was not, whatever it is: an audit that failed. */
    public void missing(String stratum) {
        of(stratum).missing++;
    }

    /**
     * A member that was looked at.
     *
     * @param propensity probability with which it was, in (0, 1]
     */
    public void seen(String stratum, String cluster, double propensity, boolean hit) {
        if (!(propensity > 0 && propensity <= 1)) {
            throw new IllegalArgumentException("propensity must be in (0, 1] but is " + propensity);
        }
        Stratum s = of(stratum);
        double weight = 1 / propensity;
        s.labelled++;
        s.weights += weight;
        s.squares += weight * weight;
        double[] sums = s.clusters.computeIfAbsent(cluster, k -> new double[2]);
        sums[0] += weight;
        if (hit) {
            s.hits++;
            s.hitWeights += weight;
            sums[1] += weight;
        }
    }

    private Stratum of(String stratum) {
        return strata.computeIfAbsent(stratum, k -> new Stratum());
    }

    /**
     * An estimate.
     *
     * @param population all members
     * @param supported members of strata in which somebody was looked at; about the others nothing is known
     * @param seen members that were looked at
     * @param hits hits among them, unweighted
     * @param missing members that were to be looked at and were not
     * @param inversePropensity share of hits among the supported by inverse propensity; null without any
     * @param selfNormalised the same, self-normalised; null without any
     * @param effective how many members drawn plainly would tell as much
     * @param interval 95 %, of the self-normalised share; null without any
     */
    public record Estimate(
            long population,
            long supported,
            long seen,
            long hits,
            long missing,
            @Nullable Double inversePropensity,
            @Nullable Double selfNormalised,
            double effective,
            @Nullable Interval interval) {

        /** Members about which nothing is known. */
        public long unknown() {
            return population - supported;
        }
    }

    /** What is known now. */
    public Estimate estimate() {
        long population = 0;
        long supported = 0;
        long seen = 0;
        long hits = 0;
        long missing = 0;
        for (Stratum s : strata.values()) {
            population += s.size;
            seen += s.labelled;
            hits += s.hits;
            missing += s.missing;
            supported += s.labelled == 0 ? 0 : s.size;
        }
        if (supported == 0) {
            return new Estimate(population, 0, seen, hits, missing, null, null, 0, null);
        }
        double inverse = 0;
        double share = 0;
        double variance = 0;
        double plain = 0;
        for (Stratum s : strata.values()) {
            if (s.labelled > 0) {
                double part = (double) s.size / supported;
                double answered = s.labelled / (double) (s.labelled + s.missing);
                inverse += s.hitWeights / answered / supported;
                share += part * s.share();
                variance += part * part * s.variance();
                plain += part * part / s.kish();
            }
        }
        double most = 1 / plain;
        double smoothed = Math.clamp(share, 0.5 / (most + 1), 1 - 0.5 / (most + 1));
        double effective = Math.max(1, Math.min(most, smoothed * (1 - smoothed) / variance));
        return new Estimate(
                population, supported, seen, hits, missing, inverse, share, effective, interval(share, effective));
    }

    private static Interval interval(double share, double n) {
        double hits = share * n;
        double low = hits < 1e-9 ? 0 : BetaDistribution.of(hits, n - hits + 1).inverseCumulativeProbability(TAIL);
        double high = n - hits < 1e-9 ? 1 : BetaDistribution.of(hits + 1, n - hits).inverseCumulativeProbability(1 - TAIL);
        return new Interval(low, high, "Clopper-Pearson at an effective sample of %.1f, clustered by session".formatted(n));
    }
}
