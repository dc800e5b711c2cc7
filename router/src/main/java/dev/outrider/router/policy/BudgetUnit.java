package dev.outrider.router.policy;

import java.math.BigDecimal;

import dev.outrider.router.budget.Unit;

/** What a budget of the policy file is counted in. */
enum BudgetUnit {
    /** US dollars. */
    USD(Unit.MICRO_USD, 1_000_000),
    /** Prompt and answer tokens. */
    TOKENS(Unit.TOKENS, 1),
    /** Tokens of thought. */
    THINKING_TOKENS(Unit.THINKING_TOKENS, 1),
    /** Seconds by the clock on the wall. */
    SECONDS(Unit.MILLIS, 1000),
    /** Seconds for which a GPU is held. */
    GPU_SECONDS(Unit.GPU_MILLIS, 1000);

    private final Unit unit;
    private final long factor;

    BudgetUnit(Unit unit, long factor) {
        this.unit = unit;
        this.factor = factor;
    }

    static BudgetUnit of(Unit unit) {
        for (BudgetUnit one : values()) {
            if (one.unit == unit) {
                return one;
            }
        }
        throw new AssertionError(unit);
    }

    Unit unit() {
        return unit;
    }

    /** Whether the limit is no finer than accounts can count. */
    boolean canCount(BigDecimal limit) {
        return limit.multiply(BigDecimal.valueOf(factor)).stripTrailingZeros().scale() <= 0;
    }

    /** The limit as accounts count it. */
    long counted(BigDecimal limit) {
        return limit.multiply(BigDecimal.valueOf(factor)).longValueExact();
    }

    /** The limit as the file says it. */
    BigDecimal written(long counted) {
        BigDecimal limit = BigDecimal.valueOf(counted).divide(BigDecimal.valueOf(factor)).stripTrailingZeros();
        return limit.scale() < 0 ? limit.setScale(0) : limit;
    }
}
