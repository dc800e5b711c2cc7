package dev.outrider.slm.grammar;

import java.util.ArrayList;
import java.util.List;

/** Ranges of code points as the bytes that write them in UTF-8 (RFC 3629). */
final class Utf8 {

    private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

    private Utf8() {}

    /** One code point from {@code low} to {@code high}; surrogates are left out, for UTF-8 has none. */
    static Expression range(int low, int high) {
        List<Expression> options = new ArrayList<>();
        if (low < 0xD800 && high > 0xDFFF) {
            split(low, 0xD7FF, options);
            split(0xE000, high, options);
        } else {
            split(low >= 0xD800 && low <= 0xDFFF ? 0xE000 : low, high >= 0xD800 && high <= 0xDFFF ? 0xD7FF : high, options);
        }
        if (options.isEmpty()) {
            throw new GrammarException("the range of characters from " + Integer.toHexString(low) + " to "
                    + Integer.toHexString(high) + " holds surrogates only");
        }
        return Expression.choice(options);
    }

    private static void split(int low, int high, List<Expression> options) {
        int from = low;
        for (int length = 1; length <= 4 && from <= high; length++) {
            int last = Math.min(high, LAST_OF_LENGTH[length - 1]);
            if (from <= last) {
                sameLength(from, last, length, options);
                from = last + 1;
            }
        }
    }

    /** Splits until all bytes behind the first that differs run from 0x80 to 0xBF. */
    private static void sameLength(int low, int high, int length, List<Expression> options) {
        for (int tail = 1; tail < length; tail++) {
            int mask = (1 << 6 * tail) - 1;
            if ((low & ~mask) != (high & ~mask)) {
                if ((low & mask) != 0) {
                    sameLength(low, low | mask, length, options);
                    sameLength((low | mask) + 1, high, length, options);
                    return;
                }
                if ((high & mask) != mask) {
                    sameLength(low, (high & ~mask) - 1, length, options);
                    sameLength(high & ~mask, high, length, options);
                    return;
                }
            }
        }
        List<Expression> parts = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            parts.add(Expression.bytes(ByteSet.range(byteAt(low, i, length), byteAt(high, i, length))));
        }
        options.add(Expression.sequence(parts));
    }

    private static int byteAt(int codePoint, int index, int length) {
        if (length == 1) {
            return codePoint;
        }
        int payload = codePoint >> 6 * (length - 1 - index);
        return index == 0 ? 0xFF << (8 - length) & 0xFF | payload : 0x80 | payload & 0x3F;
    }
}
