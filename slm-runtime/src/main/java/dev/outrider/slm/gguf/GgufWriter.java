package dev.outrider.slm.gguf;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes GGUF files of version 3, whole or in shards as llama.cpp's {@code gguf-split} names and marks them. A file appears under
 * its name only when it is complete.
 */
public final class GgufWriter {

    private static final int ALIGNMENT = 32;

    private GgufWriter() {}

    /** Where the bytes of a tensor come from; called once, so that a file larger than memory can be written. */
    @FunctionalInterface
    public interface Source {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * A tensor to write.
     *
     * @param dimensions sizes, the fastest varying first; 1 to 4 of them
     * @param source writes exactly {@link #bytes()} bytes
     */
    public record Tensor(String name, TensorType type, List<Long> dimensions, Source source) {

        public Tensor {
            dimensions = List.copyOf(dimensions);
            if (dimensions.isEmpty() || dimensions.size() > 4 || dimensions.stream().anyMatch(d -> d < 1)) {
                throw new IllegalArgumentException("tensor '" + name + "' must have 1 to 4 dimensions of at least 1 but has " + dimensions);
            }
            if (dimensions.getFirst() % type.valuesPerBlock() != 0) {
                throw new IllegalArgumentException("tensor '" + name + "' has rows of " + dimensions.getFirst()
                        + " values, which is no multiple of the " + type.valuesPerBlock() + " values of a " + type + " block");
            }
        }

        /** 32-bit floats, row after row. */
        public static Tensor f32(String name, List<Long> dimensions, float[] values) {
            return new Tensor(name, TensorType.F32, dimensions, out -> {
                ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(values);
                out.write(bytes.array());
            });
        }

        /** A tensor of an open file as it is. */
        public static Tensor of(GgufTensor tensor) {
            return new Tensor(tensor.name(), tensor.type(), tensor.dimensions(), out -> {
                for (long at = 0; at < tensor.data().byteSize(); at += 1 << 24) {
                    long size = Math.min(1 << 24, tensor.data().byteSize() - at);
                    Channels.newChannel(out).write(tensor.data().asSlice(at, size).asByteBuffer());
                }
            });
        }

        long bytes() {
            long values = dimensions.stream().reduce(1L, Math::multiplyExact);
            return Math.multiplyExact(values / type.valuesPerBlock(), type.bytesPerBlock());
        }
    }

    /**
     * Writes one file.
     *
     * @param metadata values as {@link GgufMetadata#of} takes them, {@code general.architecture} among them; an int that is not negative
     *     becomes a uint32, a long a uint64, as readers expect of counts
     * @throws GgufException when the file cannot be written; nothing is left behind then
     */
    public static void write(Path file, Map<String, ?> metadata, List<Tensor> tensors) {
        Path unfinished = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (OutputStream raw = Files.newOutputStream(unfinished); OutputStream out = new BufferedOutputStream(raw, 1 << 20)) {
                write(out, metadata, tensors);
            }
            try {
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new GgufException(file.toString(), "", "cannot be written: " + e.getMessage(), e);
        } finally {
            try {
                Files.deleteIfExists(unfinished);
            } catch (IOException e) {
                // the failure that left it there is being reported
            }
        }
    }

    /**
     * Writes shards {@code NAME-00001-of-0000N.gguf}; the first holds the metadata and no fewer tensors than the others.
     *
     * @param first path and name of the files up to {@code -00001-of-…}
     * @param mostTensors tensors in a shard
     * @return the shards in order
     */
    public static List<Path> writeShards(Path first, Map<String, ?> metadata, List<Tensor> tensors, int mostTensors) {
        int count = Math.max(1, (tensors.size() + mostTensors - 1) / mostTensors);
        List<Path> shards = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Map<String, Object> keys = new LinkedHashMap<>();
            if (i == 0) {
                keys.putAll(metadata);
            }
            keys.put(Shards.NUMBER, i);
            keys.put(Shards.COUNT, count);
            keys.put(Shards.TENSORS, tensors.size());
            Path shard = first.resolveSibling(Shards.name(first.getFileName().toString(), i, count));
            write(shard, keys, tensors.subList(i * mostTensors, Math.min(tensors.size(), (i + 1) * mostTensors)));
            shards.add(shard);
        }
        return shards;
    }

    private static void write(OutputStream to, Map<String, ?> metadata, List<Tensor> tensors) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        header.writeBytes(number(4).putInt(3).array());
        header.writeBytes(number(16).putLong(tensors.size()).putLong(metadata.size()).array());
        metadata.forEach((key, value) -> {
            text(header, key);
            value(header, key, value);
        });
        long offset = 0;
        for (Tensor tensor : tensors) {
            text(header, tensor.name());
            header.writeBytes(number(4).putInt(tensor.dimensions().size()).array());
            tensor.dimensions().forEach(d -> header.writeBytes(number(8).putLong(d).array()));
            header.writeBytes(number(12).putInt(tensor.type().id()).putLong(offset).array());
            offset = aligned(offset + tensor.bytes());
        }
        header.writeBytes(new byte[(int) (aligned(header.size()) - header.size())]);
        header.writeTo(to);
        for (Tensor tensor : tensors) {
            Counted counted = new Counted(to);
            tensor.source().writeTo(counted);
            if (counted.written != tensor.bytes()) {
                throw new IOException("tensor '" + tensor.name() + "' brought " + counted.written + " bytes and must have " + tensor.bytes());
            }
            to.write(new byte[(int) (aligned(counted.written) - counted.written)]);
        }
    }

    private static void value(ByteArrayOutputStream out, String key, Object value) {
        switch (value) {
            case String text -> {
                type(out, ValueType.STRING);
                text(out, text);
            }
            case Boolean flag -> {
                type(out, ValueType.BOOL);
                out.write(flag ? 1 : 0);
            }
            case Integer n -> {
                type(out, n < 0 ? ValueType.INT32 : ValueType.UINT32);
                out.writeBytes(number(4).putInt(n).array());
            }
            case Long n -> {
                type(out, n < 0 ? ValueType.INT64 : ValueType.UINT64);
                out.writeBytes(number(8).putLong(n).array());
            }
            case Float x -> {
                type(out, ValueType.FLOAT32);
                out.writeBytes(number(4).putFloat(x).array());
            }
            case Double x -> {
                type(out, ValueType.FLOAT64);
                out.writeBytes(number(8).putDouble(x).array());
            }
            case int[] numbers -> {
                array(out, ValueType.INT32, numbers.length);
                ByteBuffer bytes = number(4 * numbers.length);
                bytes.asIntBuffer().put(numbers);
                out.writeBytes(bytes.array());
            }
            case float[] numbers -> {
                array(out, ValueType.FLOAT32, numbers.length);
                ByteBuffer bytes = number(4 * numbers.length);
                bytes.asFloatBuffer().put(numbers);
                out.writeBytes(bytes.array());
            }
            case List<?> texts -> {
                array(out, ValueType.STRING, texts.size());
                texts.forEach(text -> text(out, (String) text));
            }
            default -> throw new IllegalArgumentException(key + ": no metadata type for " + value.getClass());
        }
    }

    private static void array(ByteArrayOutputStream out, ValueType elements, int count) {
        type(out, ValueType.ARRAY);
        type(out, elements);
        out.writeBytes(number(8).putLong(count).array());
    }

    private static void type(ByteArrayOutputStream out, ValueType type) {
        out.writeBytes(number(4).putInt(type.ordinal()).array());
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeBytes(number(8).putLong(bytes.length).array());
        out.writeBytes(bytes);
    }

    private static ByteBuffer number(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long aligned(long offset) {
        return (offset + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private static final class Counted extends FilterOutputStream {
        private long written;

        Counted(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            written++;
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            out.write(bytes, from, count);
            written += count;
        }
    }
}
