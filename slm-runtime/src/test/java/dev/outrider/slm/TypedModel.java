package dev.outrider.slm;

import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufWriter;
import dev.outrider.slm.gguf.RandomBlocks;
import dev.outrider.slm.gguf.TensorType;

/**
 * Writes a small random model of every kind of layer whose matrices are of one type, and beside it the model of 32-bit floats that its
 * blocks stand for. Rows are multiples of 256, the largest block.
 *
 * @param typed the model
 * @param floats the same weights as F32
 */
public record TypedModel(Path typed, Path floats) {

    private static final int HIDDEN = 256;
    private static final int WIDE = 512;
    private static final int HEADS = 8;
    private static final int STATE = 16;
    private static final int GROUPS = 2;
    private static final int KERNEL = 4;
    private static final int ATTENTION_HEADS = 4;
    private static final int KEY_HEADS = 2;
    private static final int KEY_SIZE = 64;

    private static final class Tensors {
        private final TensorType type;
        private final Random random;
        private final List<GgufWriter.Tensor> typed = new ArrayList<>();
        private final List<GgufWriter.Tensor> floats = new ArrayList<>();

        Tensors(TensorType type, long seed) {
            this.type = type;
            random = new Random(seed);
        }

        void matrix(String name, int rows, int columns, double size) {
            MemorySegment raw = RandomBlocks.allocate(type, rows * columns, size, random);
            List<Long> dimensions = List.of((long) columns, (long) rows);
            typed.add(new GgufWriter.Tensor(
                    name, type, dimensions, out -> Channels.newChannel(out).write(raw.asByteBuffer())));
            floats.add(GgufWriter.Tensor.f32(name, dimensions, RandomBlocks.values(type, raw, rows * columns)));
        }

        void matrix(String name, int rows, int columns) {
            matrix(name, rows, columns, 1 / Math.sqrt(columns));
        }

        void values(String name, double mean, double size, long... dimensions) {
            int count = 1;
            List<Long> list = new ArrayList<>();
            for (long dimension : dimensions) {
                count *= (int) dimension;
                list.add(dimension);
            }
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) (mean + size * (2 * random.nextDouble() - 1));
            }
            typed.add(GgufWriter.Tensor.f32(name, list, values));
            floats.add(typed.getLast());
        }
    }

    /** Writes both models into a directory. */
    public static TypedModel write(Path directory, TensorType type, long seed) {
        Map<String, Object> metadata;
        int vocabulary;
        try (Gguf golden = Gguf.open(Golden.copy("f32-1.gguf", directory))) {
            metadata = new TreeMap<>(golden.metadata().asMap());
            vocabulary = golden.metadata().strings("tokenizer.ggml.tokens").size();
        }
        String pattern = "M*-M";
        put(metadata, "block_count", pattern.length());
        put(metadata, "embedding_length", HIDDEN);
        put(metadata, "vocab_size", vocabulary);
        put(metadata, "feed_forward_length", perBlock(pattern, '-', WIDE));
        put(metadata, "attention.head_count_kv", perBlock(pattern, '*', KEY_HEADS));
        put(metadata, "attention.head_count", ATTENTION_HEADS);
        put(metadata, "attention.key_length", KEY_SIZE);
        put(metadata, "attention.value_length", KEY_SIZE);
        put(metadata, "rope.dimension_count", KEY_SIZE);
        put(metadata, "ssm.conv_kernel", KERNEL);
        put(metadata, "ssm.state_size", STATE);
        put(metadata, "ssm.group_count", GROUPS);
        put(metadata, "ssm.inner_size", WIDE);
        put(metadata, "ssm.time_step_rank", HEADS);
        Tensors tensors = new Tensors(type, seed);
        tensors.matrix("token_embd.weight", vocabulary, HIDDEN, 1);
        for (int i = 0; i < pattern.length(); i++) {
            layer(tensors, "blk." + i + ".", pattern.charAt(i));
        }
        tensors.values("output_norm.weight", 1, 0.2, HIDDEN);
        tensors.matrix("output.weight", vocabulary, HIDDEN);
        TypedModel model = new TypedModel(directory.resolve(type + ".gguf"), directory.resolve(type + "-floats.gguf"));
        GgufWriter.write(model.typed, metadata, tensors.typed);
        GgufWriter.write(model.floats, metadata, tensors.floats);
        return model;
    }

    private static void layer(Tensors tensors, String name, char kind) {
        tensors.values(name + "attn_norm.weight", 1, 0.2, HIDDEN);
        switch (kind) {
            case 'M' -> {
                int convolved = WIDE + 2 * GROUPS * STATE;
                tensors.matrix(name + "ssm_in.weight", WIDE + convolved + HEADS, HIDDEN);
                tensors.values(name + "ssm_conv1d.weight", 0, 0.8, KERNEL, convolved);
                tensors.values(name + "ssm_conv1d.bias", 0, 0.2, convolved);
                tensors.values(name + "ssm_dt.bias", -2, 2, HEADS);
                tensors.values(name + "ssm_a", -8, 7, 1, HEADS);
                tensors.values(name + "ssm_d", 1, 0.5, 1, HEADS);
                tensors.values(name + "ssm_norm.weight", 1, 0.2, WIDE / GROUPS, GROUPS);
                tensors.matrix(name + "ssm_out.weight", HIDDEN, WIDE);
            }
            case '*' -> {
                tensors.matrix(name + "attn_q.weight", ATTENTION_HEADS * KEY_SIZE, HIDDEN);
                tensors.matrix(name + "attn_k.weight", KEY_HEADS * KEY_SIZE, HIDDEN);
                tensors.matrix(name + "attn_v.weight", KEY_HEADS * KEY_SIZE, HIDDEN);
                tensors.matrix(name + "attn_output.weight", HIDDEN, ATTENTION_HEADS * KEY_SIZE);
            }
            default -> {
                tensors.matrix(name + "ffn_up.weight", WIDE, HIDDEN);
                tensors.matrix(name + "ffn_down.weight", HIDDEN, WIDE);
            }
        }
    }

    private static void put(Map<String, Object> metadata, String key, Object value) {
        metadata.put("nemotron_h." + key, value);
    }

    private static int[] perBlock(String pattern, char kind, int value) {
        return pattern.chars().map(c -> c == kind ? value : 0).toArray();
    }
}
