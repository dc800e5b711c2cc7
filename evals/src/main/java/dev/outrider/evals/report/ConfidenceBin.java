package dev.outrider.evals.report;

import java.util.ArrayList;
import java.util.List;

import dev.outrider.evals.run.QueryResult;

/**
 * Local proposals of about the same confidence, taken or not: whether the SLM knows when it is right.
 *
 * @param from lower edge, inclusive
 * @param to upper edge, exclusive but for 1
 * @param right proposals that are right
 * @param wrong proposals that are wrong
 */
public record ConfidenceBin(double from, double to, int right, int wrong) {

    /** Finer towards 1, where decisions are made. */
    private static final double[] EDGES = {0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1};

    static List<ConfidenceBin> of(List<QueryResult> results) {
        int[] right = new int[EDGES.length - 1];
        int[] wrong = new int[EDGES.length - 1];
        for (QueryResult r : results) {
            Double confidence = r.confidence();
            QueryResult.Proposal proposal = r.local();
            if (confidence != null && proposal != null) {
                (proposal.right() ? right : wrong)[bin(confidence)]++;
            }
        }
        List<ConfidenceBin> bins = new ArrayList<>();
        for (int i = 0; i < right.length; i++) {
            bins.add(new ConfidenceBin(EDGES[i], EDGES[i + 1], right[i], wrong[i]));
        }
        return bins;
    }

    private static int bin(double confidence) {
        int bin = 0;
        while (bin < EDGES.length - 2 && confidence >= EDGES[bin + 1]) {
            bin++;
        }
        return bin;
    }

    public int n() {
        return right + wrong;
    }
}
