package dev.outrider.evals.stats;

/**
 * Whether the cascade's answers are right as often as the LLM's alone, up to a margin: a paired test, query by query, with the task as
 * the unit. The cascade is not inferior when the one-sided lower 95 % bound of the difference of the accuracies is above −margin (ICH
 * E9, 1998, section 3.3.2; bound by bootstrap over clusters). Where no pair of any task differs the bootstrap would claim certainty, and
 * the exact binomial bound on a loss that was seen in none of the tasks stands in: 1 − 0.05^(1/tasks).
 *
 * @param pairs queries, each with both sides' verdict
 * @param onlyCascade queries that only the cascade has right
 * @param onlyLlm queries that only the LLM has right
 * @param assumed pairs in which the LLM's verdict is not known and was taken to be right
 * @param difference accuracy of the cascade minus the LLM's
 * @param lower one-sided lower 95 % bound of the difference
 * @param margin how much worse is still not inferior, in (0, 1)
 * @param tasks independent units
 */
public record NonInferiority(
        long pairs, long onlyCascade, long onlyLlm, long assumed, double difference, double lower, double margin, int tasks) {

    /** What counts as no worse where nobody says otherwise: two of a hundred queries. */
    public static final double MARGIN = 0.02;

    public NonInferiority {
        if (!(margin > 0 && margin < 1)) {
            throw new IllegalArgumentException("the margin must be between 0 and 1, neither of them, but is " + margin);
        }
    }

    /**
     * Tests.
     *
     * @param totals sums over everything
     * @param samples sums of samples
     * @param units clusters
     * @param differences slot of the sum of cascade right minus LLM right
     * @param counts slot of the number of pairs
     */
    public static NonInferiority of(
            double[] totals,
            double[][] samples,
            int units,
            int differences,
            int counts,
            long onlyCascade,
            long onlyLlm,
            long assumed,
            double margin) {
        double difference = totals[differences] / totals[counts];
        double lower = onlyCascade + onlyLlm == 0
                ? -(1 - Math.pow(0.05, 1.0 / units))
                : Estimate.lower(samples, s -> s[counts] == 0 ? Double.NaN : s[differences] / s[counts]);
        return new NonInferiority(
                Math.round(totals[counts]), onlyCascade, onlyLlm, assumed, difference, lower, margin, units);
    }

    /** The same pairs under another margin. */
    public NonInferiority with(double other) {
        return new NonInferiority(pairs, onlyCascade, onlyLlm, assumed, difference, lower, other, tasks);
    }

    public boolean notInferior() {
        return lower > -margin;
    }
}
