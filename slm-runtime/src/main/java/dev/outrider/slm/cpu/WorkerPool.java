package dev.outrider.slm.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Splits one kernel at a time over a few threads, the caller's included. A matrix product of a small model takes microseconds,
 * so the handoff must take less: workers spin for a bounded time before they park, and chunks are claimed one by one, so that
 * the caller never waits for a worker that has not woken up (or that the operating system does not run) as long as there is
 * work that it can do itself.
 *
 * <p>One caller at a time; the engine's lock sees to that.
 */
final class WorkerPool implements AutoCloseable {

    /** Below this much work (in multiplications, roughly) a handoff costs more than it saves. */
    private static final long SMALLEST_SHARED_WORK = 1 << 17;

    private static final long SMALLEST_CHUNK_WORK = 1 << 14;
    private static final int LEAST_CHUNKS_PER_THREAD = 4;

    /** At the end of a kernel threads wait for the one with the last chunk, half of one on average: large kernels have more and smaller ones. */
    private static final int MOST_CHUNKS_PER_THREAD = 16;

    /** A chunk of a large kernel: a hundred kilobytes of weights and more, which memory brings as fast as one long run. */
    private static final long LARGE_CHUNK_WORK = 1 << 17;

    /** About 20 to 50 microseconds: longer than the gap between two kernels of one forward pass. */
    private static final int SPINS_BEFORE_PARK = 1_000;

    private static final int SPINS_BEFORE_YIELD = 2_000;

    /** Part of a kernel: the units [from, to) of it. */
    @FunctionalInterface
    interface Task {
        /**
         * @param from first unit
         * @param to unit after the last
         * @param worker which thread of the pool runs this, from 0; for scratch memory
         */
        void run(int from, int to, int worker);
    }

    private final Thread[] threads;
    private final Parked[] parked;
    private volatile @Nullable Job job;
    private volatile boolean closed;

    /** @param size threads that work at a kernel, the caller's included; at least 1 */
    WorkerPool(int size) {
        threads = new Thread[size - 1];
        parked = new Parked[size - 1];
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            parked[i] = new Parked();
            threads[i] = Thread.ofPlatform()
                    .name("outrider-slm-" + worker)
                    .daemon()
                    .unstarted(() -> work(worker));
        }
        for (Thread thread : threads) {
            thread.start();
        }
    }

    /** Threads that work at a kernel, the caller's included. */
    int size() {
        return threads.length + 1;
    }

    /**
     * Runs a kernel and returns when all of it is done. How units are split has no influence on what each of them computes.
     *
     * @param units number of units
     * @param multiple chunks start at multiples of this
     * @param workPerUnit multiplications per unit, roughly
     */
    void run(int units, int multiple, long workPerUnit, Task task) {
        long work = units * workPerUnit;
        if (threads.length == 0 || units <= multiple || work < SMALLEST_SHARED_WORK) {
            task.run(0, units, 0);
            return;
        }
        long large = Math.clamp(
                work / LARGE_CHUNK_WORK, (long) size() * LEAST_CHUNKS_PER_THREAD, (long) size() * MOST_CHUNKS_PER_THREAD);
        long chunks = Math.max(1, Math.min(work / SMALLEST_CHUNK_WORK, large));
        int chunk = (int) Math.max(1, (units + chunks - 1) / chunks);
        chunk = (chunk + multiple - 1) / multiple * multiple;
        Job current = new Job(task, units, chunk);
        job = current;
        for (int i = 0; i < threads.length; i++) {
            if (parked[i].flag) {
                LockSupport.unpark(threads[i]);
            }
        }
        current.help(0);
        current.await();
        job = null;
        if (current.failure != null) {
            throw new IllegalStateException("a kernel failed", current.failure);
        }
    }

    private void work(int worker) {
        Parked self = parked[worker - 1];
        Job seen = null;
        int spins = 0;
        while (!closed) {
            Job current = job;
            if (current != null && current != seen) {
                seen = current;
                current.help(worker);
                spins = 0;
            } else if (++spins < SPINS_BEFORE_PARK) {
                Thread.onSpinWait();
            } else {
                self.flag = true;
                // look again after raising the flag: the caller publishes the job before it looks at the flag
                Job latest = job;
                if ((latest == null || latest == seen) && !closed) {
                    LockSupport.park(this);
                }
                self.flag = false;
                spins = 0;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }

    private static final class Parked {
        volatile boolean flag;
    }

    private static final class Job {
        private final Task task;
        private final int units;
        private final int chunk;
        private final int chunks;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private volatile @Nullable Throwable failure;

        Job(Task task, int units, int chunk) {
            this.task = task;
            this.units = units;
            this.chunk = chunk;
            this.chunks = (units + chunk - 1) / chunk;
        }

        void help(int worker) {
            for (int i = next.getAndIncrement(); i < chunks; i = next.getAndIncrement()) {
                int from = i * chunk;
                try {
                    task.run(from, Math.min(units, from + chunk), worker);
                } catch (Throwable t) {
                    failure = t;
                }
                done.getAndIncrement();
            }
        }

        void await() {
            int spins = 0;
            while (done.get() < chunks) {
                if (++spins < SPINS_BEFORE_YIELD) {
                    Thread.onSpinWait();
                } else {
                    Thread.yield();
                }
            }
        }
    }
}
