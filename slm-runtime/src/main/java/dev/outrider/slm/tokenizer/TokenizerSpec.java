package dev.outrider.slm.tokenizer;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.gguf.GgufMetadata;

/**
 * What a model file says about its tokenizer.
 *
 * @param model {@code tokenizer.ggml.model}; only {@code gpt2} (byte-level BPE) is known
 * @param pre {@code tokenizer.ggml.pre}: how text is split before merging; null means {@code default}
 * @param tokens {@code tokenizer.ggml.tokens}: the text of every token, in id order
 * @param types {@code tokenizer.ggml.token_type}: one number per token; null means all normal
 * @param merges {@code tokenizer.ggml.merges}: two symbols separated by a blank, the most urgent pair first
 * @param bos {@code tokenizer.ggml.bos_token_id}
 * @param eos {@code tokenizer.ggml.eos_token_id}
 * @param unknown {@code tokenizer.ggml.unknown_token_id}
 */
public record TokenizerSpec(
        String model,
        @Nullable String pre,
        List<String> tokens,
        @Nullable List<Integer> types,
        List<String> merges,
        @Nullable Integer bos,
        @Nullable Integer eos,
        @Nullable Integer unknown) {

    public TokenizerSpec {
        tokens = List.copyOf(tokens);
        types = types == null ? null : List.copyOf(types);
        merges = List.copyOf(merges);
    }

    /**
     * Reads the {@code tokenizer.ggml} keys of a file.
     *
     * @throws dev.outrider.slm.gguf.GgufException naming the key that is missing or of the wrong kind
     */
    public static TokenizerSpec from(GgufMetadata metadata) {
        return new TokenizerSpec(
                metadata.string("tokenizer.ggml.model"),
                metadata.findString("tokenizer.ggml.pre").orElse(null),
                metadata.strings("tokenizer.ggml.tokens"),
                types(metadata, "tokenizer.ggml.token_type"),
                metadata.strings("tokenizer.ggml.merges"),
                id(metadata, "tokenizer.ggml.bos_token_id"),
                id(metadata, "tokenizer.ggml.eos_token_id"),
                id(metadata, "tokenizer.ggml.unknown_token_id"));
    }

    private static @Nullable List<Integer> types(GgufMetadata metadata, String key) {
        return metadata.contains(key)
                ? Arrays.stream(metadata.integers(key)).boxed().toList()
                : null;
    }

    private static @Nullable Integer id(GgufMetadata metadata, String key) {
        return metadata.contains(key) ? metadata.integer(key, 0, Integer.MAX_VALUE) : null;
    }
}
