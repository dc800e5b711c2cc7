package dev.outrider.slm.cpu;

import java.util.Arrays;

import dev.outrider.slm.model.Backend;

/**
 * Rotary position encoding. Cosines and sines are kept for the rows of the latest step: all layers of a step rotate by the same angles. One
 * caller prepares, then many threads rotate.
 */
final class CpuRotation implements Backend.Rotation {

    private final double[] frequencies;
    private int[] positions = {};
    private float[] cosines = {};
    private float[] sines = {};

    CpuRotation(double[] frequencies) {
        this.frequencies = frequencies.clone();
    }

    /** @param rowPositions the position of every row that will be rotated */
    void prepare(int[] rowPositions) {
        if (Arrays.equals(positions, rowPositions)) {
            return;
        }
        int pairs = frequencies.length;
        if (cosines.length < rowPositions.length * pairs) {
            cosines = new float[rowPositions.length * pairs];
            sines = new float[rowPositions.length * pairs];
        }
        for (int row = 0; row < rowPositions.length; row++) {
            for (int i = 0; i < pairs; i++) {
                double angle = rowPositions[row] * frequencies[i];
                cosines[row * pairs + i] = (float) Math.cos(angle);
                sines[row * pairs + i] = (float) Math.sin(angle);
            }
        }
        positions = rowPositions;
    }

    /** Rotates the heads of rows {@code from} to {@code to}, each {@code heads} heads of {@code size} values. */
    void rotate(float[] values, int heads, int size, int from, int to) {
        int pairs = frequencies.length;
        for (int row = from; row < to; row++) {
            for (int head = 0; head < heads; head++) {
                int at = (row * heads + head) * size;
                for (int i = 0; i < pairs; i++) {
                    float cosine = cosines[row * pairs + i];
                    float sine = sines[row * pairs + i];
                    float x = values[at + 2 * i];
                    float y = values[at + 2 * i + 1];
                    values[at + 2 * i] = x * cosine - y * sine;
                    values[at + 2 * i + 1] = x * sine + y * cosine;
                }
            }
        }
    }
}
