package dev.outrider.router.budget;

import java.time.InstantSource;

/**
 * Thinking tokens that come in over time, like the CPU credits of a burstable machine: who thinks seldom may think
 * long, who thinks always gets the refill. Whoever is about to think takes what he would like and gets what there is;
 * what he did not need returns. Kept in this process; for a limit that many processes share, use a {@link BudgetRule}
 * with {@link Unit#THINKING_TOKENS}. Safe for many threads.
 */
public final class ThinkingCredits {

    /** Billionths of a token: a refill of a millionth of a token per second is one of them in a millisecond. */
    private static final long PARTS = 1_000_000_000L;

    private final long capacity;
    private final long partsPerMilli;
    private final InstantSource clock;

    private long level;
    private long filledAt;

    /** Credits that are all there. */
    public ThinkingCredits(ThinkingCreditSettings settings, InstantSource clock) {
        this.capacity = settings.capacity() * PARTS;
        this.partsPerMilli = settings.refillPerSecond().movePointRight(6).longValueExact();
        this.clock = clock;
        this.level = capacity;
        this.filledAt = clock.millis();
    }

    /**
     * Takes credits.
     *
     * @param wanted thinking tokens, 0 or more
     * @return as many of them as there are, perhaps none
     */
    public synchronized Credit take(long wanted) {
        if (wanted < 0) {
            throw new IllegalArgumentException("thinking tokens must be 0 or more but are " + wanted);
        }
        fill();
        long granted = Math.min(wanted, Math.max(0, level / PARTS));
        level -= granted * PARTS;
        return new Credit(granted);
    }

    /** Whole thinking tokens that could be taken now; less than 0 when more was used than was taken. */
    public synchronized long available() {
        fill();
        return Math.floorDiv(level, PARTS);
    }

    /** A clock that goes back brings nothing, and nothing a second time. */
    private void fill() {
        long now = clock.millis();
        long passed = now - filledAt;
        if (passed <= 0) {
            return;
        }
        filledAt = now;
        long missing = capacity - level;
        boolean full = partsPerMilli > 0 && passed > missing / partsPerMilli;
        level = full ? capacity : level + passed * partsPerMilli;
    }

    /** Thinking tokens that were taken. */
    public final class Credit {

        private final long tokens;
        private boolean settled;

        private Credit(long tokens) {
            this.tokens = tokens;
        }

        /** How many may be used. */
        public long tokens() {
            return tokens;
        }

        /**
         * Gives back what was not used; what was used beyond is taken, so that the credits may fall below 0. Only the
         * first call counts.
         *
         * @param used thinking tokens, 0 or more
         */
        public void settle(long used) {
            if (used < 0 || used > Amounts.MOST) {
                throw new IllegalArgumentException(
                        "thinking tokens must be between 0 and " + Amounts.MOST + " but are " + used);
            }
            synchronized (ThinkingCredits.this) {
                if (!settled) {
                    settled = true;
                    fill();
                    // beyond the deepest hole that is kept, it makes no difference any more
                    long beyond = Math.min(used - tokens, (level + capacity) / PARTS);
                    level = Math.min(capacity, level - beyond * PARTS);
                }
            }
        }
    }
}
