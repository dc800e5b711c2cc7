package dev.outrider.bench.gpu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import dev.outrider.slm.gguf.TensorType;

/**
 * Writes a model file of given shapes with random weights. Without the matrices the file is as long but sparse: it takes a few MB of disk, and
 * whoever loads it makes the matrices up.
 */
final class SyntheticModel {

    private static final int ALIGNMENT = 32;

    /** Random bytes of which matrices are made, again and again from another place. */
    private static final int PIECE_BYTES = 8 << 20;

    @SuppressWarnings("ArrayRecordComponent") // made and read here, never compared
    private record Tensor(String name, TensorType type, long[] dimensions, float scale, float centre, long offset) {
        long values() {
            long product = 1;
            for (long d : dimensions) {
                product *= d;
            }
            return product;
        }

        long bytes() {
            return StoredWeights.bytes(type, values());
        }
    }

    private final Shapes shapes;
    private final Shapes.Format format;
    private final SplittableRandom random;
    private final List<Tensor> tensors = new ArrayList<>();
    private final ByteArrayOutputStream keys = new ByteArrayOutputStream();
    private int keyCount;
    private long offset;

    private SyntheticModel(Shapes shapes, Shapes.Format format, long seed) {
        this.shapes = shapes;
        this.format = format;
        random = new SplittableRandom(seed);
        declare();
        metadata();
    }

    /**
     * Writes the file.
     *
     * @param matrices whether matrices are written, or left as holes
     * @return its bytes
     */
    static long write(Path file, Shapes shapes, Shapes.Format format, long seed, boolean matrices) throws IOException {
        return new SyntheticModel(shapes, format, seed).write(file, matrices);
    }

    /** Bytes of the tensors of such a file. */
    static long bytes(Shapes shapes, Shapes.Format format) {
        return new SyntheticModel(shapes, format, 0).offset;
    }

    private void declare() {
        matrix("token_embd", -1, shapes.vocabulary(), shapes.hidden(), 1);
        for (int i = 0; i < shapes.pattern().length(); i++) {
            norm("blk." + i + ".attn_norm.weight", shapes.hidden());
            switch (shapes.pattern().charAt(i)) {
                case 'M' -> {
                    matrix("ssm_in", i, shapes.projected(), shapes.hidden(), 0);
                    small("blk." + i + ".ssm_conv1d.weight", 0.5f, 0, shapes.kernel(), shapes.convolved());
                    small("blk." + i + ".ssm_conv1d.bias", 0.1f, 0, shapes.convolved());
                    small("blk." + i + ".ssm_dt.bias", 1, -2, shapes.heads());
                    small("blk." + i + ".ssm_a", 3, -8, 1, shapes.heads());
                    small("blk." + i + ".ssm_d", 0.25f, 1, 1, shapes.heads());
                    small("blk." + i + ".ssm_norm.weight", 0.1f, 1, shapes.inner() / shapes.groups(), shapes.groups());
                    matrix("ssm_out", i, shapes.hidden(), shapes.inner(), 0);
                }
                case '*' -> {
                    matrix("attn_q", i, shapes.queryHeads() * shapes.attentionSize(), shapes.hidden(), 0);
                    matrix("attn_k", i, shapes.keyHeads() * shapes.attentionSize(), shapes.hidden(), 0);
                    matrix("attn_v", i, shapes.keyHeads() * shapes.attentionSize(), shapes.hidden(), 0);
                    matrix("attn_output", i, shapes.hidden(), shapes.queryHeads() * shapes.attentionSize(), 0);
                }
                default -> {
                    matrix("ffn_up", i, shapes.feedForward(), shapes.hidden(), 0);
                    matrix("ffn_down", i, shapes.hidden(), shapes.feedForward(), 0);
                }
            }
        }
        norm("output_norm.weight", shapes.hidden());
        matrix("output", -1, shapes.vocabulary(), shapes.hidden(), 0);
    }

    private void matrix(String name, int layer, int rows, int columns, float scale) {
        String prefix = layer < 0 ? "" : "blk." + layer + ".";
        float s = scale != 0 ? scale : (float) (1 / Math.sqrt(columns));
        add(prefix + name + ".weight", shapes.type(format, name, layer, columns), s, 0, columns, rows);
    }

    private void norm(String name, int size) {
        small(name, 0.1f, 1, size);
    }

    private void small(String name, float scale, float centre, long... dimensions) {
        add(name, TensorType.F32, scale, centre, dimensions);
    }

    private void add(String name, TensorType type, float scale, float centre, long... dimensions) {
        Tensor tensor = new Tensor(name, type, dimensions, scale, centre, offset);
        tensors.add(tensor);
        offset += Math.ceilDiv(tensor.bytes(), ALIGNMENT) * ALIGNMENT;
    }

    private void metadata() {
        String a = "nemotron_h.";
        text("general.architecture", "nemotron_h");
        text("general.name", "random-" + shapes.name() + "-" + format);
        number(a + "block_count", shapes.pattern().length());
        number(a + "context_length", shapes.context());
        number(a + "embedding_length", shapes.hidden());
        number(a + "vocab_size", shapes.vocabulary());
        numbers(a + "feed_forward_length", '-', shapes.feedForward());
        numbers(a + "attention.head_count_kv", '*', shapes.keyHeads());
        number(a + "attention.head_count", shapes.queryHeads());
        number(a + "attention.key_length", shapes.attentionSize());
        number(a + "attention.value_length", shapes.attentionSize());
        real(a + "attention.layer_norm_epsilon", 1e-5f);
        real(a + "attention.layer_norm_rms_epsilon", 1e-5f);
        number(a + "rope.dimension_count", shapes.attentionSize());
        number(a + "ssm.conv_kernel", shapes.kernel());
        number(a + "ssm.state_size", shapes.stateSize());
        number(a + "ssm.group_count", shapes.groups());
        number(a + "ssm.inner_size", shapes.inner());
        number(a + "ssm.time_step_rank", shapes.heads());
        vocabulary();
    }

    /** Byte-level tokens, and names to fill the vocabulary up; enough for loaders that insist on one. */
    private void vocabulary() {
        text("tokenizer.ggml.model", "gpt2");
        text("tokenizer.ggml.pre", "pixtral");
        int size = shapes.vocabulary();
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        int others = 0;
        for (int b = 0; b < 256; b++) {
            boolean plain = (b >= 33 && b < 127) || (b >= 161 && b < 173) || b >= 174;
            tokens.add(Character.toString(plain ? b : 256 + others++));
        }
        tokens.add(Character.toString(256 + 32) + "t");
        while (tokens.size() < size) {
            tokens.add("[PAD" + tokens.size() + "]");
        }
        key("tokenizer.ggml.tokens", 9);
        int32(8);
        int64(size);
        tokens.forEach(this::string);
        key("tokenizer.ggml.token_type", 9);
        int32(5);
        int64(size);
        for (int i = 0; i < size; i++) {
            int32(i < 3 ? 3 : i < 260 ? 1 : 5);
        }
        key("tokenizer.ggml.merges", 9);
        int32(8);
        int64(1);
        string(Character.toString(256 + 32) + " t");
        number("tokenizer.ggml.bos_token_id", 1);
        number("tokenizer.ggml.eos_token_id", 2);
    }

    private void text(String key, String value) {
        key(key, 8);
        string(value);
    }

    private void number(String key, int value) {
        key(key, 4);
        int32(value);
    }

    private void real(String key, float value) {
        key(key, 6);
        int32(Float.floatToRawIntBits(value));
    }

    private void numbers(String key, char kind, int value) {
        key(key, 9);
        int32(5);
        int64(shapes.pattern().length());
        shapes.pattern().chars().forEach(c -> int32(c == kind ? value : 0));
    }

    private void key(String key, int type) {
        string(key);
        int32(type);
        keyCount++;
    }

    private void string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int64(bytes.length);
        keys.writeBytes(bytes);
    }

    private void int32(int value) {
        keys.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    private void int64(long value) {
        keys.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    private byte[] header() {
        byte[] metadata = keys.toByteArray();
        keys.reset();
        keys.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        int32(3);
        int64(tensors.size());
        int64(keyCount);
        keys.writeBytes(metadata);
        for (Tensor tensor : tensors) {
            string(tensor.name);
            int32(tensor.dimensions.length);
            for (long dimension : tensor.dimensions) {
                int64(dimension);
            }
            int32(tensor.type.id());
            int64(tensor.offset);
        }
        while (keys.size() % ALIGNMENT != 0) {
            keys.write(0);
        }
        return keys.toByteArray();
    }

    private long write(Path file, boolean matrices) throws IOException {
        byte[] header = header();
        try (FileChannel channel = FileChannel.open(
                        file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(PIECE_BYTES);
            write(channel, ByteBuffer.wrap(header), 0);
            for (Tensor tensor : tensors) {
                long at = header.length + tensor.offset;
                if (tensor.type == TensorType.F32) {
                    write(channel, small(tensor), at);
                } else if (matrices) {
                    large(channel, tensor, at, memory);
                }
            }
            // the last byte, so that a sparse file is as long as it says
            write(channel, ByteBuffer.allocate(1), header.length + offset - 1);
            return header.length + offset;
        }
    }

    private ByteBuffer small(Tensor tensor) {
        ByteBuffer buffer = ByteBuffer.allocate((int) tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            buffer.putFloat(tensor.centre + tensor.scale * (float) (random.nextDouble() * 2 - 1) * 1.732f);
        }
        return buffer.flip();
    }

    private void large(FileChannel channel, Tensor tensor, long at, MemorySegment memory) throws IOException {
        long block = tensor.type.bytesPerBlock();
        MemorySegment piece = memory.asSlice(0, Math.min(tensor.bytes(), PIECE_BYTES / block * block));
        StoredWeights.fill(tensor.type, piece, tensor.scale, random);
        for (long done = 0; done < tensor.bytes(); done += piece.byteSize()) {
            long some = Math.min(piece.byteSize(), tensor.bytes() - done);
            write(channel, piece.asSlice(0, some).asByteBuffer(), at + done);
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        long next = at;
        while (bytes.hasRemaining()) {
            next += channel.write(bytes, next);
        }
    }
}
