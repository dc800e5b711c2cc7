package dev.outrider.router.budget;

/**
 * So much of every unit, each between 0 and {@link #MOST}.
 *
 * @param microUsd money, in millionths of a US dollar
 * @param tokens prompt and answer tokens
 * @param thinkingTokens tokens spent on thinking
 * @param millis milliseconds by the clock on the wall
 * @param gpuMillis milliseconds for which a GPU is held
 */
public record Amounts(long microUsd, long tokens, long thinkingTokens, long millis, long gpuMillis) {

    /** The largest amount of any unit, a billion dollars in money: thousands of them still add up in a long. */
    public static final long MOST = 1_000_000_000_000_000L;

    /** Nothing of anything. */
    public static final Amounts NONE = new Amounts(0, 0, 0, 0, 0);

    /** Checks that every amount is possible. */
    public Amounts {
        check(microUsd, "microUsd");
        check(tokens, "tokens");
        check(thinkingTokens, "thinkingTokens");
        check(millis, "millis");
        check(gpuMillis, "gpuMillis");
    }

    private static void check(long amount, String name) {
        if (amount < 0 || amount > MOST) {
            throw new IllegalArgumentException(name + " must be between 0 and " + MOST + " but is " + amount);
        }
    }

    /** So much of one unit and nothing of the others. */
    public static Amounts of(Unit unit, long amount) {
        return NONE.with(unit, amount);
    }

    /** How much of one unit. */
    public long of(Unit unit) {
        return switch (unit) {
            case MICRO_USD -> microUsd;
            case TOKENS -> tokens;
            case THINKING_TOKENS -> thinkingTokens;
            case MILLIS -> millis;
            case GPU_MILLIS -> gpuMillis;
        };
    }

    /** The same with another amount of one unit. */
    public Amounts with(Unit unit, long amount) {
        return switch (unit) {
            case MICRO_USD -> new Amounts(amount, tokens, thinkingTokens, millis, gpuMillis);
            case TOKENS -> new Amounts(microUsd, amount, thinkingTokens, millis, gpuMillis);
            case THINKING_TOKENS -> new Amounts(microUsd, tokens, amount, millis, gpuMillis);
            case MILLIS -> new Amounts(microUsd, tokens, thinkingTokens, amount, gpuMillis);
            case GPU_MILLIS -> new Amounts(microUsd, tokens, thinkingTokens, millis, amount);
        };
    }

    /** Both together. */
    public Amounts plus(Amounts other) {
        return new Amounts(
                microUsd + other.microUsd,
                tokens + other.tokens,
                thinkingTokens + other.thinkingTokens,
                millis + other.millis,
                gpuMillis + other.gpuMillis);
    }

    /** What of this goes beyond the other, unit by unit; 0 where the other covers it. */
    public Amounts beyond(Amounts other) {
        return new Amounts(
                Math.max(0, microUsd - other.microUsd),
                Math.max(0, tokens - other.tokens),
                Math.max(0, thinkingTokens - other.thinkingTokens),
                Math.max(0, millis - other.millis),
                Math.max(0, gpuMillis - other.gpuMillis));
    }

    /** Whether the other goes beyond this in no unit. */
    public boolean covers(Amounts other) {
        return other.beyond(this).equals(NONE);
    }
}
