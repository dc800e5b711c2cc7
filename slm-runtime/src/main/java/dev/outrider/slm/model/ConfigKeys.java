package dev.outrider.slm.model;

import java.util.Arrays;

import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.gguf.GgufMetadata;
import dev.outrider.slm.gguf.GgufTensor;

/** Reads and checks what the configurations of several architectures have in common. */
final class ConfigKeys {

    static final int MOST_LAYERS = 4096;
    static final int LARGEST = 1 << 24;

    /** Widest activations of a layer; real models have some 20,000. A buffer of rows this wide is a few hundred megabytes. */
    static final int WIDEST = 1 << 20;

    private static final int LARGEST_VOCABULARY = 1 << 22;

    private ConfigKeys() {}

    /** The sizes of layer {@code layer}, checked. */
    static AttentionShape attention(
            GgufMetadata metadata, String prefix, int heads, int keyHeads, int hidden, int layer) {
        String headsKey = prefix + "attention.head_count";
        if (keyHeads == 0 || heads == 0 || heads % keyHeads != 0) {
            throw metadata.error(headsKey, heads + " query heads cannot share " + keyHeads + " key heads in layer " + layer + " evenly");
        }
        int keySize = headSize(metadata, prefix + "attention.key_length", hidden, heads);
        int valueSize = headSize(metadata, prefix + "attention.value_length", hidden, heads);
        if ((long) heads * Math.max(keySize, valueSize) > WIDEST) {
            throw metadata.error(headsKey, heads + " heads of " + keySize + " and " + valueSize + " values are too large");
        }
        return new AttentionShape(heads, keyHeads, keySize, valueSize);
    }

    private static int headSize(GgufMetadata metadata, String key, int hidden, int heads) {
        if (metadata.contains(key)) {
            return metadata.integer(key, 1, LARGEST);
        }
        if (hidden % heads != 0) {
            throw metadata.error(key, "is missing, and the width " + hidden + " is no multiple of " + heads + " heads");
        }
        return hidden / heads;
    }

    /** Rows of the embedding table; the key vocab_size is optional in files. */
    static int vocabulary(Gguf gguf) {
        GgufTensor table = gguf.tensor("token_embd.weight");
        long rows = table.dimensions().size() == 2 ? table.dimensions().get(1) : 0;
        if (rows < 1 || rows > LARGEST_VOCABULARY) {
            throw gguf.error(table.name(), "must be a matrix with one row per token but has the dimensions "
                    + table.dimensions());
        }
        return (int) rows;
    }

    /** The rms key first: llama.cpp requires the other one, yet computes with this one where both are there. */
    static float epsilon(GgufMetadata metadata, String prefix) {
        String rms = prefix + "attention.layer_norm_rms_epsilon";
        String key = metadata.contains(rms) ? rms : prefix + "attention.layer_norm_epsilon";
        double epsilon = metadata.real(key);
        if (!(epsilon >= 0 && epsilon <= 1)) {
            throw metadata.error(key, "must be in [0, 1] but is " + epsilon);
        }
        return (float) epsilon;
    }

    /** One value per layer; a single number stands for all layers. */
    static int[] perLayer(GgufMetadata metadata, String key, int count) {
        int[] values;
        if (metadata.isArray(key)) {
            values = metadata.integers(key);
        } else {
            values = new int[count];
            Arrays.fill(values, metadata.integer(key, 0, LARGEST));
        }
        if (values.length != count) {
            throw metadata.error(key, "has " + values.length + " entries for " + count + " layers");
        }
        for (int i = 0; i < count; i++) {
            if (values[i] < 0 || values[i] > LARGEST) {
                throw metadata.error(key, "entry " + i + " is impossible: " + values[i]);
            }
        }
        return values;
    }
}
