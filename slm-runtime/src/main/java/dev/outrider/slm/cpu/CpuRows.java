package dev.outrider.slm.cpu;

import dev.outrider.slm.model.Backend;

/** Activations on the heap. */
record CpuRows(float[] values) implements Backend.Rows {

    static float[] of(Backend.Rows rows) {
        return ((CpuRows) rows).values;
    }
}
