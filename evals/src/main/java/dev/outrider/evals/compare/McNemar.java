package dev.outrider.evals.compare;

/**
 * The exact test for paired yes-or-no outcomes (Q. McNemar, Psychometrika 12, 1947; exact form: a sign test on the pairs that differ).
 * It takes pairs to be independent.
 */
final class McNemar {

    private McNemar() {}

    /**
     * The two-sided probability of a difference at least as large when either change is as likely.
     *
     * @param better pairs that only the second got right
     * @param broke pairs that only the first got right
     */
    static double pValue(int better, int broke) {
        if (better < 0 || broke < 0) {
            throw new IllegalArgumentException(better + " better, " + broke + " broke");
        }
        int n = better + broke;
        int k = Math.min(better, broke);
        // sums C(n, i) / 2^n from the logarithm of each term: 2^n overflows beyond 1023 pairs
        double log = -n * Math.log(2);
        double p = 0;
        for (int i = 0; i <= k; i++) {
            p += Math.exp(log);
            log += Math.log(n - i) - Math.log(i + 1);
        }
        return Math.min(1, 2 * p);
    }
}
