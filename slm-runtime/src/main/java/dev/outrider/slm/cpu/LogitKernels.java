package dev.outrider.slm.cpu;

import static dev.outrider.slm.cpu.Lanes.COUNT;
import static dev.outrider.slm.cpu.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/** Kernels over a row of logits. */
final class LogitKernels {

    private LogitKernels() {}

    /** The sum of {@code exp(logits - shift)} over {@code size} values; {@code shift} is the largest of them. */
    static double sumOfExponentials(float[] logits, int at, int size, float shift) {
        int bound = Lanes.bound(size);
        FloatVector sums = FloatVector.zero(FLOATS);
        for (int i = 0; i < bound; i += COUNT) {
            sums = sums.add(Lanes.exp(FloatVector.fromArray(FLOATS, logits, at + i).sub(shift)));
        }
        double sum = Lanes.sum(sums);
        for (int i = bound; i < size; i++) {
            sum += Math.exp(logits[at + i] - shift);
        }
        return sum;
    }
}
