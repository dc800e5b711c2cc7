package dev.outrider.slm.tokenizer;

import java.util.OptionalInt;

import dev.outrider.slm.gguf.GgufMetadata;

/** Text to token ids and back. Implementations are immutable and safe to use from any thread. */
public interface Tokenizer {

    /** Number of tokens; ids are 0 to this, exclusive. */
    int vocabularySize();

    /**
     * Encodes text in which nothing is a special token: {@code <|im_end|>} in it is ordinary characters, so that a text
     * from outside cannot forge a turn. No token is added in front or behind.
     *
     * @param text any text; unpaired surrogates are read as U+FFFD
     */
    int[] encode(String text);

    /**
     * Encodes text in which the written form of a special token becomes that token. Only for text of one's own
     * making.
     */
    int[] encodeWithSpecialTokens(String text);

    /**
     * The bytes that a token stands for; for control tokens the UTF-8 of their written form.
     *
     * @throws TokenizerException when the vocabulary has no such id
     */
    byte[] bytes(int token);

    /** One token as text for display; a piece of a character becomes U+FFFD. */
    String text(int token);

    /** The text of a token sequence without control tokens; bytes that are no UTF-8 become U+FFFD. */
    String decode(int... tokens);

    /** The text of a token sequence with control tokens in their written form, for people and logs. */
    String written(int... tokens);

    /** The id of the control or user-defined token written so, or empty. */
    OptionalInt special(String written);

    /** What this token is for. */
    TokenType type(int token);

    /** The id of the token that begins a document, when the file names one. */
    OptionalInt bos();

    /** The id of the token that ends an answer, when the file names one. */
    OptionalInt eos();

    /** A decoder that takes tokens one by one and gives text as soon as whole characters are there. */
    default TextDecoder decoder() {
        return new TextDecoder(this);
    }

    /**
     * Builds the tokenizer that a model file describes.
     *
     * @throws TokenizerException as {@link #of(TokenizerSpec)}, naming the file
     * @throws dev.outrider.slm.gguf.GgufException when a key is missing or of the wrong kind
     */
    static Tokenizer of(GgufMetadata metadata) {
        TokenizerSpec spec = TokenizerSpec.from(metadata);
        try {
            return of(spec);
        } catch (TokenizerException e) {
            throw new TokenizerException(metadata.file() + ": " + e.getMessage());
        }
    }

    /**
     * Builds a tokenizer.
     *
     * @throws TokenizerException when the kind or the pre-tokenizer is unknown, or the metadata contradict themselves
     */
    static Tokenizer of(TokenizerSpec spec) {
        if (!spec.model().equals("gpt2")) {
            throw new TokenizerException(
                    "tokenizer.ggml.model is '" + spec.model() + "', but only 'gpt2' (byte-level BPE) is known;"
                    + " convert the model with a byte-level BPE tokenizer");
        }
        return new BytePairTokenizer(spec);
    }
}
