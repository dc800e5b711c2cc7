package dev.outrider.slm;

import org.jspecify.annotations.Nullable;

/**
 * How much of the machine an engine may use.
 *
 * @param device where the model runs; null for the processor
 * @param threads threads that share one step of the model on the processor; at least 1
 * @param maxRunning most generations that advance side by side; at least 1
 * @param maxWaiting most requests that wait for a place among them; more are refused with an {@link EngineBusyException}
 * @param stateBytes most memory for the states of running generations on the processor; on a GPU it is what the model leaves free
 * @param snapshotBytes most memory for snapshots that later requests go on from; 0 keeps none
 */
public record EngineSettings(
        @Nullable Device device, int threads, int maxRunning, int maxWaiting, long stateBytes, long snapshotBytes) {

    private static final long MOST_SNAPSHOT_BYTES = 256L << 20;

    public EngineSettings {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
        }
        if (maxRunning < 1 || maxWaiting < 0 || stateBytes < 1 || snapshotBytes < 0) {
            throw new IllegalArgumentException("maxRunning " + maxRunning + ", maxWaiting " + maxWaiting + ", stateBytes " + stateBytes
                    + " or snapshotBytes " + snapshotBytes + " is too small");
        }
    }

    /**
     * A thread per processor, 32 generations, 1024 waiting requests, half of the heap for states, and for snapshots memory of the size of an
     * eighth of the heap, at most 256 MB.
     */
    public static EngineSettings defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Builder; what is not set keeps the value of {@link #defaults()}. */
    public static final class Builder {

        private @Nullable Device device;
        private int threads = Runtime.getRuntime().availableProcessors();
        private int maxRunning = 32;
        private int maxWaiting = 1024;
        private long stateBytes = Runtime.getRuntime().maxMemory() / 2;
        private long snapshotBytes = Math.min(MOST_SNAPSHOT_BYTES, Runtime.getRuntime().maxMemory() / 8);

        private Builder() {}

        public Builder device(Device device) {
            this.device = device;
            return this;
        }

        public Builder threads(int threads) {
            this.threads = threads;
            return this;
        }

        public Builder maxRunning(int maxRunning) {
            this.maxRunning = maxRunning;
            return this;
        }

        public Builder maxWaiting(int maxWaiting) {
            this.maxWaiting = maxWaiting;
            return this;
        }

        public Builder stateBytes(long stateBytes) {
            this.stateBytes = stateBytes;
            return this;
        }

        public Builder snapshotBytes(long snapshotBytes) {
            this.snapshotBytes = snapshotBytes;
            return this;
        }

        public EngineSettings build() {
            return new EngineSettings(device, threads, maxRunning, maxWaiting, stateBytes, snapshotBytes);
        }
    }
}
