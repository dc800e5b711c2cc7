package dev.outrider.slm.grammar;

/**
 * A set of byte values.
 *
 * @param a values 0 to 63, a bit each; b, c and d the next ones
 */
record ByteSet(long a, long b, long c, long d) {

    static final ByteSet NONE = new ByteSet(0, 0, 0, 0);

    static ByteSet of(int value) {
        return range(value, value);
    }

    static ByteSet of(String ascii) {
        return ascii.chars().mapToObj(ByteSet::of).reduce(NONE, ByteSet::or);
    }

    /** All values from {@code low} to {@code high}, both included. */
    static ByteSet range(int low, int high) {
        return new ByteSet(word(low, high, 0), word(low, high, 64), word(low, high, 128), word(low, high, 192));
    }

    private static long word(int low, int high, int base) {
        int from = Math.max(low - base, 0);
        int to = Math.min(high - base, 63);
        return from > to ? 0 : -1L >>> (63 - (to - from)) << from;
    }

    boolean contains(int value) {
        long word = value < 128 ? (value < 64 ? a : b) : value < 192 ? c : d;
        return (word >>> value & 1) != 0;
    }

    ByteSet or(ByteSet other) {
        return new ByteSet(a | other.a, b | other.b, c | other.c, d | other.d);
    }

    ByteSet minus(ByteSet other) {
        return new ByteSet(a & ~other.a, b & ~other.b, c & ~other.c, d & ~other.d);
    }

    boolean isEmpty() {
        return (a | b | c | d) == 0;
    }
}
