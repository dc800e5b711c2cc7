package dev.outrider.router.budget;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One limit. Spending is remembered under the rule's name, scope, unit and window: whoever changes one of them starts
 * with nothing spent, whoever changes the limit does not.
 *
 * @param name shown in refusals and in the ledger; unique in a policy
 * @param scope who shares the limit
 * @param unit what is counted
 * @param limit the most that may be spent and set aside together, 0 or more; 0 allows nothing
 * @param window the limit's window, aligned to 1970-01-01 UTC; null when the limit is for life
 * @param onExhausted what happens to a query that is not covered
 * @param queueFor longest wait under {@link OnExhausted#QUEUE}
 * @param queueLength most queries that wait for one account in one process under {@link OnExhausted#QUEUE}
 */
public record BudgetRule(
        String name,
        Scope scope,
        Unit unit,
        long limit,
        @Nullable Duration window,
        OnExhausted onExhausted,
        Duration queueFor,
        int queueLength) {

    /** The wait that holds where none is said. */
    public static final Duration QUEUE_FOR = Duration.ofSeconds(30);

    /** The length of the queue that holds where none is said. */
    public static final int QUEUE_LENGTH = 100;

    /** Checks that the rule is possible. */
    public BudgetRule {
        check(!name.isBlank(), "name", "must not be blank");
        check(limit >= 0 && limit <= Amounts.MOST, "limit", "must be between 0 and " + Amounts.MOST);
        check(window == null || window.toMillis() >= 1000, "per", "must be at least 1s");
        check(queueFor.toMillis() >= 1, "queue-for", "must be at least 1ms");
        check(queueLength >= 1 && queueLength <= 100_000, "queue-length", "must be between 1 and 100000");
    }

    /** A rule whose queue, if it has one, is as long and as patient as usual. */
    public static BudgetRule of(
            String name, Scope scope, Unit unit, long limit, @Nullable Duration window, OnExhausted onExhausted) {
        return new BudgetRule(name, scope, unit, limit, window, onExhausted, QUEUE_FOR, QUEUE_LENGTH);
    }

    /** What the names of this rule's accounts begin with; no rule's prefix begins another's. */
    String prefix() {
        return BudgetKeys.escape(name)
                + "|" + scope.name().toLowerCase(Locale.ROOT)
                + "|" + unit.name().toLowerCase(Locale.ROOT)
                + "|" + (window == null ? "life" : window.toMillis() + "ms");
    }

    /** Number of the window that contains a time, in milliseconds since the epoch; 0 when there is but one. */
    long windowAt(long millis) {
        return window == null ? 0 : Math.floorDiv(millis, window.toMillis());
    }

    /** First millisecond after a window, since the epoch; null when it never ends. */
    @Nullable Long endOf(long windowNumber) {
        return window == null ? null : Long.valueOf((windowNumber + 1) * window.toMillis());
    }

    /** When an account that is used now may be forgotten, in milliseconds since the epoch. */
    long forgetAt(long millis) {
        Duration memory = scope.memory();
        if (memory == null) {
            return Long.MAX_VALUE;
        }
        Long end = endOf(windowAt(millis));
        return (end == null ? millis : end) + memory.toMillis();
    }
}
