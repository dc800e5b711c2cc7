package dev.outrider.router.calibration;

/**
 * A prediction and its truth.
 *
 * @param probability predicted P(right), in [0, 1]
 * @param right the truth
 */
public record Scored(double probability, boolean right) {}
