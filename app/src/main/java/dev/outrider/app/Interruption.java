package dev.outrider.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C and termination, made orderly: the working thread is interrupted and gets time to finish what it must not leave
 * half-done and to write what it has. The JVM then ends with the signal's own exit code.
 */
final class Interruption {

    private static final Duration GRACE = Duration.ofSeconds(20);

    private final AtomicBoolean raised = new AtomicBoolean();
    private final AtomicBoolean finished = new AtomicBoolean();
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile @Nullable Runnable stop;

    private Interruption() {}

    /** One that never comes, for tests. */
    static Interruption never() {
        return new Interruption();
    }

    /** One that interrupts the calling thread when this process is told to end. */
    static Interruption onSignal() {
        Interruption interruption = new Interruption();
        Thread worker = Thread.currentThread();
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("interruption").unstarted(() -> interruption.raise(worker)));
        return interruption;
    }

    private void raise(Thread worker) {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        raised.set(true);
        Runnable orderly = stop;
        if (orderly == null) {
            worker.interrupt();
        } else {
            orderly.run();
        }
        try {
            done.await(GRACE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From now on, ends the work by this instead of by an interrupt: for work that knows how to stop and still has to write. */
    void stopWith(Runnable orderly) {
        stop = orderly;
    }

    /** Whether the process was told to end. */
    boolean raised() {
        return raised.get();
    }

    /**
     * Says that the work is over.
     *
     * @return whether the caller is to end the JVM; false when a signal is doing so already
     */
    boolean finished() {
        done.countDown();
        return finished.compareAndSet(false, true);
    }
}
