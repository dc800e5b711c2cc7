package dev.outrider.evals.run;

import org.jspecify.annotations.Nullable;

/** Lets another thread end a run: sets a flag and interrupts the thread that works, but only while it does. */
final class Stopper {

    private @Nullable Thread worker;
    private boolean stopped;

    /** The calling thread works from now until the watch is closed; its interrupt flag is clean afterwards if it was set by a stop. */
    Watch watch() {
        synchronized (this) {
            worker = Thread.currentThread();
        }
        return new Watch();
    }

    synchronized void stop() {
        stopped = true;
        if (worker != null) {
            worker.interrupt();
        }
    }

    /** While a run works. */
    final class Watch implements AutoCloseable {

        boolean stopped() {
            synchronized (Stopper.this) {
                return stopped || Thread.currentThread().isInterrupted();
            }
        }

        @Override
        public void close() {
            synchronized (Stopper.this) {
                worker = null;
                if (stopped) {
                    Thread.interrupted();
                }
            }
        }
    }
}
