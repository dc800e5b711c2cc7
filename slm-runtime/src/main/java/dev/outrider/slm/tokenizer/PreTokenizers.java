package dev.outrider.slm.tokenizer;

import static dev.outrider.slm.tokenizer.CodePoints.isPunctuation;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The splits by their GGUF names ({@code tokenizer.ggml.pre}). A split has one or more stages; every stage splits the
 * pieces of the one before.
 */
final class PreTokenizers {

    /**
     * A named split.
     *
     * @param stages at least one
     * @param wholeWords whether a piece that is itself a token is taken as it is, without merging
     */
    record Split(List<PreTokenizer> stages, boolean wholeWords) {}

    private static final PreTokenizer GPT2 = new Gpt2PreTokenizer();
    private static final Split LLAMA3 = new Split(List.of(new Llama3PreTokenizer(3)), true);
    private static final Split PLAIN_GPT2 = new Split(List.of(GPT2), false);

    private static final Map<String, Split> BY_NAME = new TreeMap<>(Map.of(
            "qwen2", new Split(List.of(new Llama3PreTokenizer(1)), false),
            "llama-bpe", LLAMA3,
            "llama3", LLAMA3,
            "llama-v3", LLAMA3,
            "pixtral", LLAMA3,
            "gpt2", PLAIN_GPT2,
            "gpt-2", PLAIN_GPT2,
            "smollm", new Split(List.of(new RunPreTokenizer(PreTokenizers::isNumber, 1, 1), GPT2), false),
            "default",
                    new Split(
                            List.of(
                                    RunPreTokenizer.of(c -> isPunctuation(c) || "$+<=>^~|".indexOf(c) >= 0),
                                    GPT2,
                                    RunPreTokenizer.of(PreTokenizers::isNumber),
                                    new RunPreTokenizer(c -> c >= '0' && c <= '9', 3, 3)),
                            false)));

    private PreTokenizers() {}

    /**
     * The split of this name.
     *
     * @throws TokenizerException naming the known ones
     */
    static Split named(String name) {
        Split split = BY_NAME.get(name);
        if (split == null) {
            throw new TokenizerException("tokenizer.ggml.pre is '" + name + "', which is not known; known are "
                    + String.join(", ", BY_NAME.keySet()));
        }
        return split;
    }

    private static boolean isNumber(int c) {
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }
}
