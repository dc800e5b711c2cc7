package dev.outrider.router.budget;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The answer to a wish for a lease. */
public sealed interface Grant {

    /** All budgets cover it. */
    record Granted(Lease lease) implements Grant {}

    /**
     * One budget does not cover it, and nothing was taken from any.
     *
     * @param rule the budget
     * @param then what to do now: {@link OnExhausted#ANSWER_LOCALLY} or {@link OnExhausted#REFUSE}, the latter also
     *     when waiting in line was in vain; after an interrupt the thread is marked as interrupted
     * @param retryAfter time until the next window begins; null when no time will help
     * @param detail one line for people: what is missing and what to do
     */
    record Exhausted(BudgetRule rule, OnExhausted then, @Nullable Duration retryAfter, String detail)
            implements Grant {}
}
