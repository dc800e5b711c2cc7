package dev.outrider.slm.model;

import java.util.Arrays;

/**
 * Whose rows are whose in one step: sequence {@code i} owns the rows from {@code start(i)} on, {@code count(i)} successive positions
 * of it. In a decode step every sequence has one row; while a prompt is read one sequence has many.
 */
public final class Segments {

    private final int[] starts;

    private Segments(int[] starts) {
        this.starts = starts;
    }

    /** Segments of these many rows each, every one at least 1. */
    public static Segments of(int... counts) {
        int[] starts = new int[counts.length + 1];
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] < 1) {
                throw new IllegalArgumentException("segment " + i + " has " + counts[i] + " rows");
            }
            starts[i + 1] = Math.addExact(starts[i], counts[i]);
        }
        return new Segments(starts);
    }

    /** Number of sequences. */
    public int sequences() {
        return starts.length - 1;
    }

    /** First row of a sequence; for {@code sequences()} the number of rows. */
    public int start(int sequence) {
        return starts[sequence];
    }

    /** Rows of a sequence. */
    public int count(int sequence) {
        return starts[sequence + 1] - starts[sequence];
    }

    /** Rows of all sequences together. */
    public int rows() {
        return starts[starts.length - 1];
    }

    @Override
    public String toString() {
        return "Segments" + Arrays.toString(starts);
    }
}
