package dev.outrider.slm.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;

import dev.outrider.slm.gguf.GgufTensor;
import dev.outrider.slm.gguf.RandomBlocks;
import dev.outrider.slm.gguf.TensorType;

/**
 * A matrix in one of the storage types with the values that its bytes stand for.
 *
 * @param values row by row
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TestMatrix(CpuMatrix matrix, float[] values) {

    static TestMatrix random(TensorType type, int rows, int columns, Random random) {
        MemorySegment data = RandomBlocks.allocate(type, rows * columns, 1, random);
        return of(type, rows, columns, data, RandomBlocks.values(type, data, rows * columns));
    }

    private static TestMatrix of(TensorType type, int rows, int columns, MemorySegment data, float[] values) {
        try (CpuBackend backend = new CpuBackend(1)) {
            GgufTensor tensor = new GgufTensor("test", type, List.of((long) columns, (long) rows), data);
            return new TestMatrix((CpuMatrix) backend.matrix(tensor, rows, columns), values);
        }
    }

    /** A random number of columns that the type can store: at most 2,200, at times up to 9,000, which are three blocks of a panel. */
    static int columns(TensorType type, Random random) {
        int most = random.nextInt(8) == 0 ? 9_000 : 2_200;
        return type.valuesPerBlock() * (1 + random.nextInt(most / type.valuesPerBlock()));
    }

    /** One row with every finite 16-bit float, subnormal ones included. */
    static TestMatrix allHalfFloats() {
        MemorySegment data = Arena.ofAuto().allocate(2L * 63_488);
        float[] values = new float[63_488];
        int count = 0;
        for (int bits = 0; bits < 65_536; bits++) {
            float value = Float.float16ToFloat((short) bits);
            if (Float.isFinite(value)) {
                data.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * count, (short) bits);
                values[count++] = value;
            }
        }
        return of(TensorType.F16, 1, count, data, values);
    }
}
