package dev.outrider.tools.desk;

import java.math.BigDecimal;

/** Euros as people write them, cents as the books keep them. */
final class Money {

    private Money() {}

    /** 5980 cents are 59.80. */
    static BigDecimal euros(long cents) {
        return BigDecimal.valueOf(cents, 2);
    }

    /**
     * The cents of an amount.
     *
     * @throws Refusal if it is not positive, has parts of a cent or is beyond all reason
     */
    static long cents(BigDecimal amount) {
        if (amount.signum() <= 0) {
            throw new Refusal("The amount must be more than 0.00.");
        }
        if (amount.compareTo(new BigDecimal("1e9")) > 0) {
            throw new Refusal("The amount is too large.");
        }
        if (amount.stripTrailingZeros().scale() > 2) {
            throw new Refusal("The amount may have two decimals at most.");
        }
        return amount.movePointRight(2).longValueExact();
    }
}
