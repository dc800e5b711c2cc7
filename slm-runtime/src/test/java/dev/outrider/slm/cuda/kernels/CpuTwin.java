package dev.outrider.slm.cuda.kernels;

import java.lang.foreign.MemorySegment;
import java.util.List;

import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.gguf.TensorType;
import dev.outrider.slm.model.Backend;

/** The processor's backend, fed with floats. */
final class CpuTwin implements AutoCloseable {

    final CpuBackend backend = new CpuBackend(1);

    /** Rows with these values. */
    Backend.Rows rows(float[] values, int width) {
        int count = values.length / width;
        MemorySegment data = Memory.of(values);
        Backend.Matrix table = backend.matrix(
                new GgufTensor("values", TensorType.F32, List.of((long) width, (long) count), data), count, width);
        int[] all = new int[count];
        for (int i = 0; i < count; i++) {
            all[i] = i;
        }
        Backend.Rows rows = backend.rows(count, width);
        backend.embed(table, all, 0, count, rows);
        return rows;
    }

    float[] read(Backend.Rows rows, int count, int width) {
        float[] values = new float[count * width];
        backend.read(rows, count, width, values, 0);
        return values;
    }

    @Override
    public void close() {
        backend.close();
    }
}
