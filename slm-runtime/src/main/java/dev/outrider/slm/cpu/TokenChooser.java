package dev.outrider.slm.cpu;

import java.util.Arrays;

import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.TokenChoice;

/** Chooses tokens as {@link Backend#choose} says. One instance serves one thread; it keeps scratch memory, and nothing else. */
final class TokenChooser {

    /** Few tokens hold nearly all of the mass: lighter ones are sorted only when the heavier do not make up the nucleus. */
    private static final double[] BARS = {1e-3, 1e-6, 0};

    private double[] weights = {};
    private double[] heaviest = {};

    /** @param size values of the row, which begins at {@code at} */
    TokenChoice choose(float[] logits, int at, int size, ChoiceRequest request) {
        int best = 0;
        float second = Float.NEGATIVE_INFINITY;
        for (int i = 1; i < size; i++) {
            if (logits[at + i] > logits[at + best]) {
                second = logits[at + best];
                best = i;
            } else if (logits[at + i] > second) {
                second = logits[at + i];
            }
        }
        float top = logits[at + best];
        double sum = LogitKernels.sumOfExponentials(logits, at, size, top);
        if (!Float.isFinite(top) || !Double.isFinite(sum)) {
            return TokenChoice.NONE;
        }
        double maskedMass = 0;
        int bestAllowed = best;
        if (request.mask() != null) {
            bestAllowed = -1;
            for (int i = 0; i < size; i++) {
                if (!request.allows(i)) {
                    maskedMass += Math.exp((double) logits[at + i] - top) / sum;
                } else if (bestAllowed < 0 || logits[at + i] > logits[at + bestAllowed]) {
                    bestAllowed = i;
                }
            }
            if (bestAllowed < 0) {
                return TokenChoice.NONE;
            }
        }
        int token = request.temperature() == 0 ? bestAllowed : draw(logits, at, size, logits[at + bestAllowed], request);
        double logProbability = Math.min(0, (double) logits[at + token] - top - Math.log(sum));
        double margin = Math.clamp((1 - Math.exp((double) second - top)) / sum, 0, 1);
        return new TokenChoice(token, (float) logProbability, (float) margin, (float) Math.min(1, maskedMass));
    }

    private int draw(float[] logits, int at, int size, float top, ChoiceRequest request) {
        if (weights.length < size) {
            weights = new double[size];
        }
        double total = 0;
        for (int i = 0; i < size; i++) {
            weights[i] = request.allows(i) ? Math.exp(((double) logits[at + i] - top) / request.temperature()) : 0;
            total += weights[i];
        }
        if (request.topK() > 0 && request.topK() < size) {
            total = keepHeaviest(size, request.topK());
        }
        if (request.topP() < 1) {
            total = keepNucleus(size, request.topP() * total);
        }
        double mark = request.uniform() * total;
        int last = 0;
        for (int i = 0; i < size; i++) {
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

    /** Zeroes all but the {@code most} heaviest tokens, which are fewer than all; returns what is left. */
    private double keepHeaviest(int size, int most) {
        int count = 0;
        for (double bar : BARS) {
            count = sortFrom(size, bar);
            if (count >= most) {
                break;
            }
        }
        keepFrom(size, count - most, count);
        double kept = 0;
        for (int i = 0; i < size; i++) {
            kept += weights[i];
        }
        return kept;
    }

    /** Zeroes all but the heaviest tokens that together reach {@code mass}; returns what is left. The largest weight is 1. */
    private double keepNucleus(int size, double mass) {
        double kept = 0;
        int count = 0;
        int first = 0;
        for (double bar : BARS) {
            count = sortFrom(size, bar);
            first = count;
            kept = 0;
            while (first > 0 && kept < mass) {
                kept += heaviest[--first];
            }
            if (kept >= mass) {
                break;
            }
        }
        keepFrom(size, first, count);
        return kept;
    }

    /** Zeroes all tokens but those that {@link #sortFrom} brought to the places [first, count). */
    private void keepFrom(int size, int first, int count) {
        double least = heaviest[first];
        // of several tokens exactly as likely as the least of those kept, the first ones stay
        int room = 0;
        for (int i = first; i < count && heaviest[i] == least; i++) {
            room++;
        }
        for (int i = 0; i < size; i++) {
            if (weights[i] < least || (weights[i] == least && room-- <= 0)) {
                weights[i] = 0;
            }
        }
    }

    /** Sorts the weights of at least {@code bar} and returns how many they are. */
    private int sortFrom(int size, double bar) {
        if (heaviest.length < size) {
            heaviest = new double[size];
        }
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (weights[i] >= bar) {
                heaviest[count++] = weights[i];
            }
        }
        Arrays.sort(heaviest, 0, count);
        return count;
    }
}
