package dev.outrider.slm.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes GGUF headers piece by piece, wrong ones included. */
final class GgufBuilder {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Magic, version and the two counts. */
    static GgufBuilder header(int version, long tensors, long keys) {
        return new GgufBuilder().bytes("GGUF").u32(version).u64(tensors).u64(keys);
    }

    GgufBuilder bytes(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    GgufBuilder u8(int value) {
        out.write(value);
        return this;
    }

    GgufBuilder u16(int value) {
        return put(ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN).putShort((short) value));
    }

    GgufBuilder u32(int value) {
        return put(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value));
    }

    GgufBuilder u64(long value) {
        return put(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value));
    }

    GgufBuilder f32(float value) {
        return u32(Float.floatToRawIntBits(value));
    }

    GgufBuilder f64(double value) {
        return u64(Double.doubleToRawLongBits(value));
    }

    GgufBuilder string(String text) {
        return u64(text.getBytes(StandardCharsets.UTF_8).length).bytes(text);
    }

    /** A key and the number of its value's type. */
    GgufBuilder key(String key, ValueType type) {
        return string(key).u32(type.ordinal());
    }

    /** An array's element type and count, after {@link #key} with {@link ValueType#ARRAY}. */
    GgufBuilder array(ValueType type, long count) {
        return u32(type.ordinal()).u64(count);
    }

    GgufBuilder tensor(String name, int type, long offset, long... dimensions) {
        string(name).u32(dimensions.length);
        for (long dimension : dimensions) {
            u64(dimension);
        }
        return u32(type).u64(offset);
    }

    /** Zeros up to a multiple of the alignment. */
    GgufBuilder align(int alignment) {
        while (out.size() % alignment != 0) {
            out.write(0);
        }
        return this;
    }

    private GgufBuilder put(ByteBuffer buffer) {
        out.writeBytes(buffer.array());
        return this;
    }

    byte[] build() {
        return out.toByteArray();
    }
}
