package dev.outrider.slm.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * A matrix in one of the storage types with the values that its bytes stand for.
 *
 * @param values row by row
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TestMatrix(CpuMatrix matrix, float[] values) {

    enum Type {
        F32,
        F16,
        BF16,
        Q8_0
    }

    static TestMatrix random(Type type, int rows, int columns, Random random) {
        int count = rows * columns;
        float[] values = new float[count];
        Arena arena = Arena.ofAuto();
        switch (type) {
            case F32 -> {
                MemorySegment data = arena.allocate(4L * count);
                for (int i = 0; i < count; i++) {
                    values[i] = (float) random.nextGaussian();
                    data.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, values[i]);
                }
                return new TestMatrix(new F32Matrix(data, rows, columns), values);
            }
            case F16, BF16 -> {
                MemorySegment data = arena.allocate(2L * count);
                for (int i = 0; i < count; i++) {
                    float value = (float) random.nextGaussian();
                    short bits = type == Type.F16
                            ? Float.floatToFloat16(value)
                            : (short) (Float.floatToRawIntBits(value) >>> 16);
                    values[i] = type == Type.F16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
                    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, bits);
                }
                CpuMatrix matrix =
                        type == Type.F16 ? new F16Matrix(data, rows, columns) : new Bf16Matrix(data, rows, columns);
                return new TestMatrix(matrix, values);
            }
            case Q8_0 -> {
                MemorySegment data = arena.allocate(34L * (count / 32));
                for (int block = 0; block < count / 32; block++) {
                    short scale = Float.floatToFloat16(0.02f * random.nextFloat());
                    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, 34L * block, scale);
                    for (int i = 0; i < 32; i++) {
                        byte quant = (byte) random.nextInt();
                        data.set(ValueLayout.JAVA_BYTE, 34L * block + 2 + i, quant);
                        values[32 * block + i] = Float.float16ToFloat(scale) * quant;
                    }
                }
                return new TestMatrix(new Q8Matrix(data, rows, columns), values);
            }
        }
        throw new IllegalStateException("no such type " + type);
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
        return new TestMatrix(new F16Matrix(data, 1, count), values);
    }
}
