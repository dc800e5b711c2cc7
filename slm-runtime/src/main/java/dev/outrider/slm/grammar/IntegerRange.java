package dev.outrider.slm.grammar;

import java.util.ArrayList;
import java.util.List;

/** The decimal numbers between two whole numbers. */
final class IntegerRange {

    private IntegerRange() {}

    /** Every whole number from {@code low} to {@code high}, without leading zeros; {@code low <= high}. */
    static Expression between(long low, long high) {
        List<Expression> options = new ArrayList<>();
        if (low < 0) {
            long first = Math.max(1, high < 0 ? -high : 1);
            options.add(Expression.sequence(Expression.literal("-"), natural(first, -low)));
        }
        if (high >= 0) {
            options.add(natural(Math.max(0, low), high));
        }
        return Expression.choice(options);
    }

    private static Expression natural(long low, long high) {
        List<Expression> options = new ArrayList<>();
        long from = low;
        for (int digits = Long.toString(low).length(); digits <= Long.toString(high).length(); digits++) {
            long to = digits >= 19 ? high : Math.min(high, power(digits) - 1);
            options.add(sameLength(Long.toString(from), Long.toString(to)));
            from = to + 1;
        }
        return Expression.choice(options);
    }

    private static long power(int digits) {
        long power = 1;
        for (int i = 0; i < digits; i++) {
            power *= 10;
        }
        return power;
    }

    /** Numbers between two of equal length: a common prefix, then an edge at either side and all digits in the middle. */
    private static Expression sameLength(String low, String high) {
        if (low.isEmpty()) {
            return Expression.EMPTY;
        }
        if (low.chars().allMatch(c -> c == '0') && high.chars().allMatch(c -> c == '9')) {
            return Expression.repeat(Expression.bytes(ByteSet.range('0', '9')), low.length(), low.length());
        }
        char first = low.charAt(0);
        char last = high.charAt(0);
        String restLow = low.substring(1);
        String restHigh = high.substring(1);
        if (first == last) {
            return Expression.sequence(Expression.bytes(ByteSet.of(first)), sameLength(restLow, restHigh));
        }
        String zeros = "0".repeat(restLow.length());
        String nines = "9".repeat(restLow.length());
        List<Expression> options = new ArrayList<>();
        int from = first;
        int to = last;
        if (!restLow.equals(zeros)) {
            options.add(Expression.sequence(Expression.bytes(ByteSet.of(first)), sameLength(restLow, nines)));
            from++;
        }
        if (!restHigh.equals(nines)) {
            options.add(Expression.sequence(Expression.bytes(ByteSet.of(last)), sameLength(zeros, restHigh)));
            to--;
        }
        if (from <= to) {
            options.add(Expression.sequence(Expression.bytes(ByteSet.range(from, to)), sameLength(zeros, nines)));
        }
        return Expression.choice(options);
    }
}
