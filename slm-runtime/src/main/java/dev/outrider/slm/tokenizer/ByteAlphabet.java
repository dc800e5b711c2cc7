package dev.outrider.slm.tokenizer;

import java.util.Arrays;

/**
 * The alphabet of byte-level BPE: every byte is written as one printable character, so that vocabularies and merge
 * lists are plain text (GPT-2, Radford et al. 2019). Printable bytes of Latin-1 stand for themselves; the 68 others
 * take the characters from U+0100 on, in byte order.
 */
final class ByteAlphabet {

    private static final int FIRST_SUBSTITUTE = 0x100;
    private static final char[] CHARACTERS = new char[256];
    private static final short[] BYTES = new short[FIRST_SUBSTITUTE + 68];

    static {
        Arrays.fill(BYTES, (short) -1);
        int next = FIRST_SUBSTITUTE;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            CHARACTERS[b] = (char) (printable ? b : next++);
            BYTES[CHARACTERS[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    /** The character that stands for a byte. */
    static char character(byte b) {
        return CHARACTERS[b & 0xFF];
    }

    /** Bytes as vocabularies write them. */
    static String write(byte[] bytes, int from, int to) {
        char[] text = new char[to - from];
        for (int i = from; i < to; i++) {
            text[i - from] = CHARACTERS[bytes[i] & 0xFF];
        }
        return new String(text);
    }

    /** Whether every character of a vocabulary entry stands for a byte. */
    static boolean isWritten(String text) {
        return text.chars().allMatch(c -> c < BYTES.length && BYTES[c] >= 0);
    }

    /** The bytes that a vocabulary entry stands for. */
    static byte[] read(String text) {
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) BYTES[text.charAt(i)];
        }
        return bytes;
    }
}
