package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/** Kernels over a row of logits. */
public final class LogitKernels {

    private LogitKernels() {}

    /** The sum of {@code exp(logits - shift)}; {@code shift} is the largest logit. */
    public static double sumOfExponentials(float[] logits, float shift) {
        int bound = Lanes.bound(logits.length);
        FloatVector sums = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            sums = sums.add(Lanes.exp(FloatVector.fromArray(FLOATS, logits, i).sub(shift)));
        }
        double sum = Lanes.sum(sums);
        for (int i = bound; i < logits.length; i++) {
            sum += Math.exp(logits[i] - shift);
        }
        return sum;
    }
}
