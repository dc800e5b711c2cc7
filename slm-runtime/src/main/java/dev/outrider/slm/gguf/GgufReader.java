package dev.outrider.slm.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses the header of a mapped file. Nothing in the file is believed: a count or length is compared with the bytes that are
 * left before anything is read or allocated, so that no file makes the reader allocate more than a small multiple of its size.
 */
final class GgufReader {

    private static final int MAGIC = 0x46554747; // "GGUF" as a little-endian int
    private static final int DEEPEST_ARRAY = 4;
    private static final int LONGEST_KEY = 65_535;
    private static final int MOST_DIMENSIONS = 4;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String file;
    private final MemorySegment bytes;
    private long position;
    private String where = "";

    GgufReader(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /**
     * What a header holds.
     *
     * @param bytes the header itself: metadata and table of tensors
     */
    record Header(GgufMetadata metadata, Map<String, GgufTensor> tensors, MemorySegment bytes) {}

    Header read() {
        if (bytes.byteSize() < 4 || readInt() != MAGIC) {
            position = 0;
            throw error("is no GGUF file (it does not start with the bytes 'GGUF')");
        }
        int version = readInt();
        if (version == 0x02000000 || version == 0x03000000) {
            throw error("is a big-endian GGUF, which is not supported; convert it to little-endian");
        }
        if (version != 2 && version != 3) {
            throw error("GGUF version " + Integer.toUnsignedString(version) + " is not supported (2 and 3 are)");
        }
        // a tensor's entry takes at least 8 + 1 + 4 + 8 + 4 + 8 bytes, a key with its value at least 8 + 1 + 4 + 1
        long tensorCount = readCount("tensors", 33);
        long keyCount = readCount("metadata keys", 14);
        Map<String, GgufValue> values = new LinkedHashMap<>();
        for (long i = 0; i < keyCount; i++) {
            where = "metadata key " + i + " of " + keyCount;
            String key = readName("key");
            where = "key '" + key + "'";
            if (values.put(key, readValue(readValueType(), 0)) != null) {
                throw error("is there twice");
            }
        }
        GgufMetadata metadata = new GgufMetadata(file, values);
        Map<String, GgufTensor> tensors = readTensors(tensorCount, alignment(metadata));
        return new Header(metadata, tensors, bytes.asSlice(0, position));
    }

    private static long alignment(GgufMetadata metadata) {
        String key = "general.alignment";
        if (!metadata.contains(key)) {
            return 32;
        }
        int alignment = metadata.integer(key, 1, 1 << 20);
        if (Integer.bitCount(alignment) != 1) {
            throw metadata.error(key, "must be a power of two but is " + alignment);
        }
        return alignment;
    }

    private record Entry(String name, TensorType type, List<Long> dimensions, long size, long offset) {}

    private Map<String, GgufTensor> readTensors(long count, long alignment) {
        List<Entry> entries = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            where = "tensor " + i + " of " + count;
            String name = readName("tensor name");
            where = "tensor '" + name + "'";
            entries.add(readTensor(name, alignment));
        }
        long base = (position + alignment - 1) & -alignment;
        Map<String, GgufTensor> tensors = new LinkedHashMap<>();
        for (Entry entry : entries) {
            where = "tensor '" + entry.name + "'";
            if (base > bytes.byteSize()
                    || entry.offset > bytes.byteSize() - base
                    || entry.size > bytes.byteSize() - base - entry.offset) {
                throw error("lies outside the file: offset " + entry.offset + " and " + entry.size + " bytes after a header of "
                        + base + " bytes, but the file has " + bytes.byteSize() + "; the file is truncated or damaged");
            }
            GgufTensor tensor = new GgufTensor(
                    entry.name, entry.type, entry.dimensions, bytes.asSlice(base + entry.offset, entry.size));
            if (tensors.put(entry.name, tensor) != null) {
                throw error("is there twice");
            }
        }
        return tensors;
    }

    private Entry readTensor(String name, long alignment) {
        int dimensionCount = readInt();
        if (dimensionCount < 1 || dimensionCount > MOST_DIMENSIONS) {
            throw error("has " + Integer.toUnsignedString(dimensionCount) + " dimensions (1 to 4 are possible)");
        }
        List<Long> dimensions = new ArrayList<>();
        long product = 1;
        for (int i = 0; i < dimensionCount; i++) {
            long dimension = readLong();
            if (dimension < 1 || Math.multiplyHigh(product, dimension) != 0 || product * dimension < 0) {
                throw error("has an impossible size in dimension " + i + ": " + Long.toUnsignedString(dimension));
            }
            product *= dimension;
            dimensions.add(dimension);
        }
        int typeId = readInt();
        TensorType type = TensorType.of(typeId);
        if (type == null) {
            throw error("has an unknown type " + Integer.toUnsignedString(typeId));
        }
        if (dimensions.getFirst() % type.valuesPerBlock() != 0) {
            throw error("has rows of " + dimensions.getFirst() + " values, which is no multiple of the " + type.valuesPerBlock()
                    + " values of a " + type + " block");
        }
        long blocks = product / type.valuesPerBlock();
        if (blocks > bytes.byteSize() / type.bytesPerBlock()) {
            throw error("needs more bytes than the file has: " + product + " values of type " + type
                    + "; the file is truncated or damaged");
        }
        long offset = readLong();
        if (offset < 0 || offset % alignment != 0) {
            throw error("has an offset that is no multiple of the alignment " + alignment + ": "
                    + Long.toUnsignedString(offset));
        }
        return new Entry(name, type, dimensions, blocks * type.bytesPerBlock(), offset);
    }

    private GgufValue readValue(ValueType type, int depth) {
        return switch (type) {
            case STRING -> new GgufValue.Text(readString(Integer.MAX_VALUE, "string"));
            case ARRAY -> readArray(depth + 1);
            case BOOL -> new GgufValue.Flag(readBoolean());
            case FLOAT32, FLOAT64 -> new GgufValue.Real(type.real(take(type.bytes()), 0));
            default -> new GgufValue.Whole(type.whole(take(type.bytes()), 0));
        };
    }

    private GgufValue readArray(int depth) {
        if (depth > DEEPEST_ARRAY) {
            throw error("has arrays nested more than " + DEEPEST_ARRAY + " deep");
        }
        ValueType type = readValueType();
        switch (type) {
            case STRING -> {
                long count = readCount("strings", 8);
                List<String> texts = new ArrayList<>();
                for (long i = 0; i < count; i++) {
                    texts.add(readString(Integer.MAX_VALUE, "string"));
                }
                return new GgufValue.Texts(List.copyOf(texts));
            }
            case ARRAY -> {
                long count = readCount("arrays", 12);
                List<GgufValue> arrays = new ArrayList<>();
                for (long i = 0; i < count; i++) {
                    arrays.add(readArray(depth + 1));
                }
                return new GgufValue.Nested(List.copyOf(arrays));
            }
            default -> {
                long size = readCount("values", type.bytes()) * type.bytes();
                if (size > Integer.MAX_VALUE - 16) {
                    throw error("holds an array of " + size + " bytes, which is too long");
                }
                byte[] raw = new byte[(int) size];
                MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, position, raw, 0, raw.length);
                position += size;
                return new GgufValue.Numbers(type, raw);
            }
        }
    }

    private ValueType readValueType() {
        int id = readInt();
        ValueType type = ValueType.of(id);
        if (type == null) {
            throw error("has an unknown value type " + Integer.toUnsignedString(id));
        }
        return type;
    }

    private String readName(String what) {
        String name = readString(LONGEST_KEY, what);
        if (name.isEmpty()) {
            throw error("has an empty " + what);
        }
        return name;
    }

    private String readString(int longest, String what) {
        long length = readLong();
        if (length < 0 || length > longest || length > remaining()) {
            throw error("has a " + what + " of " + Long.toUnsignedString(length) + " bytes, but " + remaining()
                    + " bytes are left in the file; the file is truncated or damaged");
        }
        if (length == 0) {
            return "";
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(bytes.asSlice(position, length).asByteBuffer())
                    .toString();
            position += length;
            return text;
        } catch (CharacterCodingException e) {
            throw new GgufException(file, where, "has a " + what + " that is not UTF-8", e);
        }
    }

    private boolean readBoolean() {
        byte value = take(1).get(0);
        if (value != 0 && value != 1) {
            throw error("has a boolean that is neither 0 nor 1: " + value);
        }
        return value == 1;
    }

    /** A count of things that take at least this many bytes each. */
    private long readCount(String what, int leastBytes) {
        long count = readLong();
        if (count < 0 || count > remaining() / leastBytes) {
            throw error("has a count of " + Long.toUnsignedString(count) + " " + what + ", but " + remaining()
                    + " bytes are left in the file; the file is truncated or damaged");
        }
        return count;
    }

    private int readInt() {
        need(4);
        int value = bytes.get(INT, position);
        position += 4;
        return value;
    }

    private long readLong() {
        need(8);
        long value = bytes.get(LONG, position);
        position += 8;
        return value;
    }

    private ByteBuffer take(int size) {
        need(size);
        ByteBuffer buffer = bytes.asSlice(position, size).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        position += size;
        return buffer;
    }

    private long remaining() {
        return bytes.byteSize() - position;
    }

    private void need(int size) {
        if (size > remaining()) {
            throw error("ends at byte " + bytes.byteSize() + " in the middle of the header; the file is truncated");
        }
    }

    private GgufException error(String problem) {
        return new GgufException(file, where, problem);
    }
}
