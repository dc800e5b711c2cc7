package dev.outrider.router.budget;

import java.math.BigDecimal;

/** What a budget counts, always in whole numbers. */
public enum Unit {
    /** Money, in millionths of a US dollar. */
    MICRO_USD,
    /** Prompt and answer tokens of any model. */
    TOKENS,
    /** Tokens that a model spends on thinking before it answers. */
    THINKING_TOKENS,
    /** Milliseconds by the clock on the wall. */
    MILLIS,
    /** Milliseconds for which a GPU is held. */
    GPU_MILLIS;

    /** For people: {@code $1.25}, {@code 300 tokens}, {@code 1500 ms}. Money has two to six decimals. */
    public String text(long amount) {
        return switch (this) {
            case MICRO_USD -> {
                BigDecimal usd = BigDecimal.valueOf(amount, 6).stripTrailingZeros();
                yield "$" + (usd.scale() < 2 ? usd.setScale(2) : usd).toPlainString();
            }
            case TOKENS -> amount + " tokens";
            case THINKING_TOKENS -> amount + " thinking tokens";
            case MILLIS -> amount + " ms";
            case GPU_MILLIS -> amount + " ms of GPU";
        };
    }
}
