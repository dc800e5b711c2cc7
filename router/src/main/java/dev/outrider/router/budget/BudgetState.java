package dev.outrider.router.budget;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How one account of a rule stands.
 *
 * @param rule the rule
 * @param spent booked in this window
 * @param leased set aside in this window
 * @param total booked in all windows together
 * @param windowEnds when the next window begins; null when this one never ends
 */
public record BudgetState(BudgetRule rule, long spent, long leased, long total, @Nullable Instant windowEnds) {

    /** What a new lease may take at most; 0 when the limit is reached or passed. */
    public long available() {
        return Math.max(0, rule.limit() - spent - leased);
    }
}
