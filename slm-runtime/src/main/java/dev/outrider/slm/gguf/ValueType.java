package dev.outrider.slm.gguf;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The types of metadata values; the ordinal is the number in the file. */
enum ValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final ValueType[] ALL = values();

    private final int bytes;

    ValueType(int bytes) {
        this.bytes = bytes;
    }

    /** Size of one value, or 0 where it varies. */
    int bytes() {
        return bytes;
    }

    boolean real() {
        return this == FLOAT32 || this == FLOAT64;
    }

    static @Nullable ValueType of(int id) {
        return id >= 0 && id < ALL.length ? ALL[id] : null;
    }

    /** The integer (or 0/1 of a boolean) at a byte offset of a little-endian buffer; 64-bit values keep their bits. */
    long whole(ByteBuffer buffer, int at) {
        return switch (this) {
            case UINT8, BOOL -> buffer.get(at) & 0xff;
            case INT8 -> buffer.get(at);
            case UINT16 -> buffer.getShort(at) & 0xffff;
            case INT16 -> buffer.getShort(at);
            case UINT32 -> buffer.getInt(at) & 0xffffffffL;
            case INT32 -> buffer.getInt(at);
            case UINT64, INT64 -> buffer.getLong(at);
            case FLOAT32, FLOAT64, STRING, ARRAY -> throw new IllegalStateException(this + " is no integer");
        };
    }

    /** The number at a byte offset of a little-endian buffer as floating point. */
    double real(ByteBuffer buffer, int at) {
        return switch (this) {
            case FLOAT32 -> buffer.getFloat(at);
            case FLOAT64 -> buffer.getDouble(at);
            default -> whole(buffer, at);
        };
    }
}
