package dev.outrider.evals.run;

import java.util.HashSet;
import java.util.Set;

/** Lets another thread end a run: sets a flag and interrupts the threads that work, but only while they do. */
final class Stopper {

    private final Set<Thread> workers = new HashSet<>();
    private boolean stopped;

    /** The calling thread works from now until the watch is closed; its interrupt flag is clean afterwards if it was set by a stop. */
    Watch watch() {
        synchronized (this) {
            workers.add(Thread.currentThread());
        }
        return new Watch();
    }

    synchronized void stop() {
        stopped = true;
        workers.forEach(Thread::interrupt);
    }

    /** Whether a run was told to end. */
    synchronized boolean stopped() {
        return stopped;
    }

    /** While a run works. */
    final class Watch implements AutoCloseable {

        boolean stopped() {
            return Stopper.this.stopped() || Thread.currentThread().isInterrupted();
        }

        @Override
        public void close() {
            synchronized (Stopper.this) {
                workers.remove(Thread.currentThread());
                if (stopped) {
                    Thread.interrupted();
                }
            }
        }
    }
}
