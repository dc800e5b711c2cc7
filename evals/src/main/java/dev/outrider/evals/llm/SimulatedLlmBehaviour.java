package dev.outrider.evals.llm;

import java.time.Duration;

/**
 * How the simulated LLM behaves. Chance is seeded and drawn per case and attempt, so that a run repeats whatever its concurrency.
 *
 * @param latency time before every answer
 * @param jitter further time, drawn evenly from zero to this
 * @param failRate share of requests answered with {@code failStatus}, in [0, 1]
 * @param failStatus HTTP status of a failure (401, 429, 500…)
 * @param wrongRate share of answers that are wrong, in [0, 1]: another tool, a changed argument, a lost call, words instead
 * @param garbageRate share of requests answered 200 with a body that is no answer, in [0, 1]
 * @param dropRate share of requests whose connection is closed without an answer, in [0, 1]
 * @param seed of all chance
 */
public record SimulatedLlmBehaviour(
        Duration latency,
        Duration jitter,
        double failRate,
        int failStatus,
        double wrongRate,
        double garbageRate,
        double dropRate,
        long seed) {

    public SimulatedLlmBehaviour {
        if (latency.isNegative() || jitter.isNegative()) {
            throw new IllegalArgumentException("latency and jitter must not be negative");
        }
        rate("failRate", failRate);
        rate("wrongRate", wrongRate);
        rate("garbageRate", garbageRate);
        rate("dropRate", dropRate);
        if (failRate + garbageRate + dropRate > 1) {
            throw new IllegalArgumentException("failRate, garbageRate and dropRate must not exceed 1 together");
        }
        if (failStatus < 400 || failStatus > 599) {
            throw new IllegalArgumentException("failStatus must be between 400 and 599 but is " + failStatus);
        }
    }

    private static void rate(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " must be in [0, 1] but is " + value);
        }
    }

    /** At once, always right. */
    public static SimulatedLlmBehaviour perfect() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** One line for reports. */
    public String describe() {
        StringBuilder text = new StringBuilder("recorded answers");
        if (latency.isPositive() || jitter.isPositive()) {
            text.append(", ").append(latency.toMillis()).append(" ms");
            if (jitter.isPositive()) {
                text.append(" + up to ").append(jitter.toMillis()).append(" ms");
            }
        }
        add(text, wrongRate, "wrong");
        add(text, failRate, "answered " + failStatus);
        add(text, garbageRate, "garbage");
        add(text, dropRate, "dropped");
        return text.toString();
    }

    private static void add(StringBuilder text, double rate, String what) {
        if (rate > 0) {
            text.append(", ").append(Math.round(rate * 1000) / 10.0).append(" % ").append(what);
        }
    }

    /** Builder; everything not set is harmless. */
    public static final class Builder {

        private Duration latency = Duration.ZERO;
        private Duration jitter = Duration.ZERO;
        private double failRate;
        private int failStatus = 500;
        private double wrongRate;
        private double garbageRate;
        private double dropRate;
        private long seed = 1;

        private Builder() {}

        public Builder latency(Duration latency) {
            this.latency = latency;
            return this;
        }

        public Builder jitter(Duration jitter) {
            this.jitter = jitter;
            return this;
        }

        public Builder failRate(double failRate) {
            this.failRate = failRate;
            return this;
        }

        public Builder failStatus(int failStatus) {
            this.failStatus = failStatus;
            return this;
        }

        public Builder wrongRate(double wrongRate) {
            this.wrongRate = wrongRate;
            return this;
        }

        public Builder garbageRate(double garbageRate) {
            this.garbageRate = garbageRate;
            return this;
        }

        public Builder dropRate(double dropRate) {
            this.dropRate = dropRate;
            return this;
        }

        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        public SimulatedLlmBehaviour build() {
            return new SimulatedLlmBehaviour(
                    latency, jitter, failRate, failStatus, wrongRate, garbageRate, dropRate, seed);
        }
    }
}
