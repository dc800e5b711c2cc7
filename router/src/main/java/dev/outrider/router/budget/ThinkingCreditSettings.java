package dev.outrider.router.budget;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.math.BigDecimal;

/**
 * How thinking credits fill.
 *
 * @param capacity most credits that are kept, in thinking tokens; they are all there in the beginning
 * @param refillPerSecond thinking tokens that come in every second, 0 or more, with up to six decimals
 */
public record ThinkingCreditSettings(long capacity, BigDecimal refillPerSecond) {

    /** The most of either. */
    public static final long MOST = 1_000_000_000;

    /** Checks that the settings are possible. */
    public ThinkingCreditSettings {
        check(capacity >= 1 && capacity <= MOST, "capacity", "must be between 1 and " + MOST);
        check(
                refillPerSecond.signum() >= 0 && refillPerSecond.compareTo(BigDecimal.valueOf(MOST)) <= 0,
                "refill-per-second",
                "must be between 0 and " + MOST);
        check(
                refillPerSecond.stripTrailingZeros().scale() <= 6,
                "refill-per-second",
                "is finer than a millionth of a token");
    }
}
