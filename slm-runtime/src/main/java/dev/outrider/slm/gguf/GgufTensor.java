package dev.outrider.slm.gguf;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One tensor of a file: where its values are, and how they are stored. Valid as long as its {@link Gguf} is open.
 *
 * @param name name, such as {@code blk.0.attn_norm.weight}
 * @param type storage type
 * @param dimensions sizes, the fastest varying first (a matrix of R rows of C values is {@code [C, R]}); 1 to 4 of them
 * @param data the stored bytes, exactly
 */
public record GgufTensor(String name, TensorType type, List<Long> dimensions, MemorySegment data) {

    public GgufTensor {
        dimensions = List.copyOf(dimensions);
    }

    /** Number of values. */
    public long size() {
        long product = 1;
        for (long dimension : dimensions) {
            product *= dimension;
        }
        return product;
    }
}
