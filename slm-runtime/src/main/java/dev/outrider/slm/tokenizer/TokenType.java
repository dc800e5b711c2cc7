package dev.outrider.slm.tokenizer;

/** What a vocabulary entry is for; the numbers are those of the GGUF array {@code tokenizer.ggml.token_type}. */
public enum TokenType {
    /** A piece of ordinary text. */
    NORMAL(1),
    /** Stands for text that the vocabulary cannot express. */
    UNKNOWN(2),
    /** A marker of the prompt format, such as {@code <|im_start|>}; never part of a text. */
    CONTROL(3),
    /** Added to the vocabulary after training; matched as a whole before the text is split. */
    USER_DEFINED(4),
    /** A reserved place. */
    UNUSED(5),
    /** One byte, in vocabularies that fall back to bytes. */
    BYTE(6);

    private final int code;

    TokenType(int code) {
        this.code = code;
    }

    /** Whether tokens of this type appear in ordinary text, so that splitting and merging may produce them. */
    boolean isText() {
        return this != CONTROL && this != UNKNOWN;
    }

    /** Whether tokens of this type are recognised in text that is parsed for special tokens. */
    boolean isSpecial() {
        return this == CONTROL || this == UNKNOWN || this == USER_DEFINED;
    }

    /**
     * The type with this GGUF number.
     *
     * @throws TokenizerException when there is none
     */
    public static TokenType of(int code) {
        for (TokenType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw new TokenizerException("tokenizer.ggml.token_type holds " + code + ", which is no token type (1 to 6)");
    }
}
