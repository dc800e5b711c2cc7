package dev.outrider.slm.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tokens of a byte-level vocabulary: their bytes, their types, and the way back from text to id. */
final class Vocabulary {

    private final byte[][] bytes;
    private final TokenType[] types;
    private final Map<String, Integer> written;
    private final Map<String, Integer> special;
    private final int[] byteTokens = new int[256];

    Vocabulary(List<String> tokens, @Nullable List<Integer> typeCodes) {
        int size = tokens.size();
        if (size == 0) {
            throw new TokenizerException("tokenizer.ggml.tokens is empty; a vocabulary needs at least one token");
        }
        if (typeCodes != null && typeCodes.size() != size) {
            throw new TokenizerException(
                    "tokenizer.ggml.token_type has " + typeCodes.size() + " entries but tokenizer.ggml.tokens has "
                    + size + "; they must be as many");
        }
        bytes = new byte[size][];
        types = new TokenType[size];
        written = HashMap.newHashMap(size);
        special = new HashMap<>();
        for (int id = 0; id < size; id++) {
            String text = tokens.get(id);
            TokenType type = typeCodes == null ? TokenType.NORMAL : TokenType.of(typeCodes.get(id));
            types[id] = type;
            bytes[id] = type.isSpecial() || !ByteAlphabet.isWritten(text)
                    ? text.getBytes(StandardCharsets.UTF_8)
                    : ByteAlphabet.read(text);
            if (type.isText()) {
                written.put(text, id);
            }
            if (type.isSpecial() && !text.isEmpty()) {
                special.put(text, id);
            }
        }
        Arrays.setAll(byteTokens, b -> written.getOrDefault(String.valueOf(ByteAlphabet.character((byte) b)), -1));
    }

    int size() {
        return types.length;
    }

    TokenType type(int id) {
        return types[checked(id)];
    }

    /** The token's bytes; not a copy. */
    byte[] bytes(int id) {
        return bytes[checked(id)];
    }

    /** The id of a text token in the byte alphabet, or -1. */
    int id(String text) {
        return written.getOrDefault(text, -1);
    }

    /** The token of a single byte, or -1. */
    int id(byte b) {
        return byteTokens[b & 0xFF];
    }

    /** Written form to id of the tokens that are recognised as a whole. */
    Map<String, Integer> special() {
        return special;
    }

    private int checked(int id) {
        if (id < 0 || id >= types.length) {
            throw new TokenizerException(
                    "token id " + id + " is outside the vocabulary of " + types.length + " tokens (ids 0 to "
                    + (types.length - 1) + ")");
        }
        return id;
    }
}
