package dev.outrider.slm.sampling;

import java.util.Arrays;
import java.util.SplittableRandom;

import dev.outrider.slm.SlmException;
import dev.outrider.slm.cpu.LogitKernels;

/**
 * Chooses tokens: the most likely one at temperature 0, otherwise a draw from the tempered distribution cut to its nucleus
 * (top-p, arXiv 1904.09751). The same seed and logits give the same tokens. One sampler serves one generation.
 */
public final class Sampler {

    private final double temperature;
    private final double topP;
    private final SplittableRandom random;

    /**
     * @param temperature 0 for greedy, otherwise what the logits are divided by
     * @param topP in (0, 1]; 1 cuts nothing
     */
    public Sampler(double temperature, double topP, long seed) {
        this.temperature = temperature;
        this.topP = topP;
        this.random = new SplittableRandom(seed);
    }

    /**
     * Chooses one token.
     *
     * @param logits one value per vocabulary entry
     * @throws SlmException if a logit is not a number, so that there is no distribution
     */
    public Choice choose(float[] logits) {
        int best = 0;
        float second = Float.NEGATIVE_INFINITY;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                second = logits[best];
                best = i;
            } else if (logits[i] > second) {
                second = logits[i];
            }
        }
        float top = logits[best];
        double sum = LogitKernels.sumOfExponentials(logits, top);
        if (!Float.isFinite(top) || !Double.isFinite(sum)) {
            throw new SlmException("the model computed logits that are no numbers; its file is damaged or its weights overflow");
        }
        int token = temperature == 0 ? best : draw(logits, top);
        double logProbability = Math.min(0, logits[token] - top - Math.log(sum));
        double margin = (1 - Math.exp((double) second - top)) / sum;
        return new Choice(token, logProbability, Math.clamp(margin, 0, 1));
    }

    private int draw(float[] logits, float top) {
        double[] weights = new double[logits.length];
        double total = 0;
        for (int i = 0; i < logits.length; i++) {
            weights[i] = Math.exp((logits[i] - top) / temperature);
            total += weights[i];
        }
        if (topP < 1) {
            total = keepNucleus(weights, topP * total);
        }
        double mark = random.nextDouble() * total;
        int last = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                mark -= weights[i];
                last = i;
                if (mark < 0) {
                    break;
                }
            }
        }
        return last;
    }

    /** Zeroes all but the heaviest tokens that together reach {@code mass}; returns what is left. */
    private static double keepNucleus(double[] weights, double mass) {
        double[] sorted = weights.clone();
        Arrays.sort(sorted);
        double kept = 0;
        int i = sorted.length;
        while (i > 0 && kept < mass) {
            kept += sorted[--i];
        }
        double least = sorted[i];
        // of several tokens exactly as likely as the least of the nucleus, the first ones stay
        int room = 0;
        while (i < sorted.length && sorted[i] == least) {
            room++;
            i++;
        }
        for (int token = 0; token < weights.length; token++) {
            if (weights[token] < least || (weights[token] == least && room-- <= 0)) {
                weights[token] = 0;
            }
        }
        return kept;
    }
}
