package dev.outrider.router;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Money as whole micro-dollars in a {@code long}: exact to add, enough for 9 trillion dollars. Costs are rounded up.
 */
public final class MicroUsd {

    private static final BigDecimal SECONDS_PER_HOUR = BigDecimal.valueOf(3600);

    private MicroUsd() {}

    /**
     * Dollars as micro-dollars.
     *
     * @throws ArithmeticException when the amount is finer than a micro-dollar or too large
     */
    public static long ofUsd(BigDecimal usd) {
        return usd.movePointRight(6).longValueExact();
    }

    /**
     * Cost of tokens; a price per million tokens in dollars is the price of one token in micro-dollars.
     *
     * @param tokens how many
     * @param usdPerMillion price of a million of them
     */
    public static BigDecimal ofTokens(long tokens, BigDecimal usdPerMillion) {
        return usdPerMillion.multiply(BigDecimal.valueOf(tokens));
    }

    /** Cost of some seconds at a price per hour, rounded up. */
    public static long ofSeconds(double seconds, BigDecimal usdPerHour) {
        BigDecimal hours = BigDecimal.valueOf(seconds).divide(SECONDS_PER_HOUR, 18, RoundingMode.UP);
        return roundUp(usdPerHour.movePointRight(6).multiply(hours));
    }

    public static long roundUp(BigDecimal microUsd) {
        return microUsd.setScale(0, RoundingMode.CEILING).longValueExact();
    }

    /** For people: {@code $1.25}, {@code $0.000312}; at least two decimals, at most six. */
    public static String format(long microUsd) {
        BigDecimal usd = BigDecimal.valueOf(microUsd, 6).stripTrailingZeros();
        return "$" + (usd.scale() < 2 ? usd.setScale(2) : usd).toPlainString();
    }
}
