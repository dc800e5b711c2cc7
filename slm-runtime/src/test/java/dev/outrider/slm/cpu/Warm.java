package dev.outrider.slm.cpu;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/** What a kernel costs once the compiler is through with it. */
final class Warm {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int CALLS = 500;
    private static final int ROUNDS = 7;

    private Warm() {}

    /**
     * Bytes that a call allocates.
     *
     * @param enough ends the search: the compiler works in the background, so calls are repeated until one round allocates no more than this
     * @param patienceSeconds also ends it
     */
    static double bytesPerCall(Runnable kernel, double enough, long patienceSeconds) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(patienceSeconds);
        double bytes = Double.MAX_VALUE;
        while (bytes > enough && System.nanoTime() < end) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                kernel.run();
            }
            bytes = (THREADS.getCurrentThreadAllocatedBytes() - before) / (double) CALLS;
        }
        return bytes;
    }

    /** Nanoseconds of processor time of the fastest of several rounds, by call; what else the machine does counts little. */
    static double nanosPerCall(Runnable kernel, int calls) {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long before = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < calls; i++) {
                kernel.run();
            }
            best = Math.min(best, (THREADS.getCurrentThreadCpuTime() - before) / (double) calls);
        }
        return best;
    }
}
