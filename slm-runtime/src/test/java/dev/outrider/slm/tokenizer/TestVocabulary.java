package dev.outrider.slm.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The small vocabulary of the golden files: 8 special tokens, 256 bytes, 844 merged tokens from mixed text and code.
 */
public final class TestVocabulary {

    private TestVocabulary() {}

    /** The vocabulary as a file with this split would hold it. */
    public static TokenizerSpec spec(@Nullable String pre) {
        JsonNode file = resource("vocabulary.json");
        List<Integer> types = StreamSupport.stream(file.get("types").spliterator(), false)
                .map(JsonNode::intValue)
                .toList();
        return new TokenizerSpec("gpt2", pre, strings(file.get("tokens")), types, strings(file.get("merges")), null, 4, 0);
    }

    public static Tokenizer tokenizer(String pre) {
        return Tokenizer.of(spec(pre));
    }

    /** The same merges behind the special tokens of the prompt format outrider-1, ids 0 to 10. */
    public static Tokenizer outrider() {
        return outrider(spec("qwen2").merges());
    }

    /** The same special tokens, but nothing merges: every byte is a token of its own. */
    public static Tokenizer outriderBytes() {
        return outrider(List.of());
    }

    private static Tokenizer outrider(List<String> merges) {
        return special(
                List.of("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<tools>", "</tools>", "<tool_call>", "</tool_call>",
                        "<think>", "</think>"),
                4,
                merges);
    }

    /** The same merges behind other special tokens. */
    public static Tokenizer special(List<String> special, int eos) {
        return special(special, eos, spec("qwen2").merges());
    }

    private static Tokenizer special(List<String> special, int eos, List<String> merges) {
        TokenizerSpec base = spec("qwen2");
        List<String> tokens = new ArrayList<>(special);
        List<Integer> types = new ArrayList<>(Collections.nCopies(tokens.size(), 3));
        tokens.addAll(base.tokens().subList(8, base.tokens().size()));
        types.addAll(Collections.nCopies(base.tokens().size() - 8, 1));
        return Tokenizer.of(new TokenizerSpec("gpt2", "qwen2", tokens, types, merges, null, eos, 0));
    }

    static JsonNode resource(String name) {
        String path = "/dev/outrider/slm/golden/tokenizer/" + name;
        try (InputStream in = Objects.requireNonNull(TestVocabulary.class.getResourceAsStream(path), path)) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> strings(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::textValue).toList();
    }
}
