package dev.outrider.slm;

import java.time.Duration;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.state.Boundaries;

/**
 * How to continue a prompt.
 *
 * <p>{@code stopAfter}, {@code cancelled}, {@code listener} and {@code constraint} are called on the engine's own thread: all sequences wait
 * until they return. What they throw ends this generation and reaches its caller.
 *
 * @param maxTokens most tokens to generate, the end token included; at least 1
 * @param temperature 0 takes the most likely token every time; above 0 the logits are divided by it and a token is drawn
 * @param topP draws only from the smallest set of most likely tokens whose probabilities sum to at least this; in (0, 1]
 * @param topK draws only from so many of the most likely tokens, before {@code topP} is applied to what is left; 0 sets no bound
 * @param seed the same seed, prompt and options give the same tokens
 * @param stopTokens tokens that end the generation; null takes the model's own end tokens, an empty set ends only at
 *     {@code maxTokens}
 * @param stopAfter asked after each token, with its id; true ends the generation with {@link Generation.Finish#STOP}
 * @param cancelled asked before each chunk of the prompt and before each token; true ends the generation with
 *     {@link Generation.Finish#CANCELLED}
 * @param listener told each token as soon as it is known
 * @param timeLimit most time from the call on, waiting for other requests included; null sets no limit
 * @param constraint what the answer may consist of; null allows everything
 * @param reuse takes up the prompt from the longest snapshot that it begins with, and keeps snapshots at these places of it and at the end
 *     of the answer; null reads the whole prompt and keeps nothing. The answer is the same either way
 */
public record GenerationOptions(
        int maxTokens,
        double temperature,
        double topP,
        int topK,
        long seed,
        @Nullable Set<Integer> stopTokens,
        IntPredicate stopAfter,
        BooleanSupplier cancelled,
        Consumer<GeneratedToken> listener,
        @Nullable Duration timeLimit,
        @Nullable TokenConstraint constraint,
        @Nullable Boundaries reuse) {

    public GenerationOptions {
        if (maxTokens < 1) {
            throw new IllegalArgumentException("maxTokens must be at least 1 but is " + maxTokens);
        }
        if (!(temperature >= 0 && temperature <= 100)) {
            throw new IllegalArgumentException("temperature must be in [0, 100] but is " + temperature);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("topP must be in (0, 1] but is " + topP);
        }
        if (topK < 0) {
            throw new IllegalArgumentException("topK must be at least 0, which sets no bound, but is " + topK);
        }
        if (timeLimit != null && !timeLimit.isPositive()) {
            throw new IllegalArgumentException("timeLimit must be positive but is " + timeLimit);
        }
        stopTokens = stopTokens == null ? null : Set.copyOf(stopTokens);
    }

    /** Greedy, at most 256 tokens, the model's own end tokens. */
    public static GenerationOptions defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Builder; what is not set keeps the value of {@link #defaults()}. */
    public static final class Builder {

        private int maxTokens = 256;
        private double temperature;
        private double topP = 1;
        private int topK;
        private long seed;
        private @Nullable Set<Integer> stopTokens;
        private IntPredicate stopAfter = id -> false;
        private BooleanSupplier cancelled = () -> false;
        private Consumer<GeneratedToken> listener = token -> {};
        private @Nullable Duration timeLimit;
        private @Nullable TokenConstraint constraint;
        private @Nullable Boundaries reuse;

        private Builder() {}

        public Builder maxTokens(int maxTokens) {
            this.maxTokens = maxTokens;
            return this;
        }

        public Builder temperature(double temperature) {
            this.temperature = temperature;
            return this;
        }

        public Builder topP(double topP) {
            this.topP = topP;
            return this;
        }

        public Builder topK(int topK) {
            this.topK = topK;
            return this;
        }

        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        public Builder stopTokens(@Nullable Set<Integer> stopTokens) {
            this.stopTokens = stopTokens;
            return this;
        }

        public Builder stopAfter(IntPredicate stopAfter) {
            this.stopAfter = stopAfter;
            return this;
        }

        public Builder cancelled(BooleanSupplier cancelled) {
            this.cancelled = cancelled;
            return this;
        }

        public Builder listener(Consumer<GeneratedToken> listener) {
            this.listener = listener;
            return this;
        }

        public Builder timeLimit(@Nullable Duration timeLimit) {
            this.timeLimit = timeLimit;
            return this;
        }

        public Builder constraint(@Nullable TokenConstraint constraint) {
            this.constraint = constraint;
            return this;
        }

        public Builder reuse(@Nullable Boundaries reuse) {
            this.reuse = reuse;
            return this;
        }

        public GenerationOptions build() {
            return new GenerationOptions(
                    maxTokens,
                    temperature,
                    topP,
                    topK,
                    seed,
                    stopTokens,
                    stopAfter,
                    cancelled,
                    listener,
                    timeLimit,
                    constraint,
                    reuse);
        }
    }
}
