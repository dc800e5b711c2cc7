package dev.outrider.router.budget;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Those who wait for accounts that are exhausted, one line for each account, first come, first served. Only the first
 * of a line tries: when something returned in this process, and otherwise every few milliseconds, because another
 * process may have given back and a window may have begun.
 */
final class WaitingLines {

    private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Deque<Place>> lines = new HashMap<>();

    /** So that those who find nobody waiting need no lock. */
    private final AtomicInteger waiting = new AtomicInteger();

    /** A place in the line of one account. Leave it by closing it. */
    final class Place implements AutoCloseable {

        private final String account;
        private final long deadline;
        private final Condition moved = lock.newCondition();
        private boolean mayLook;

        private Place(String account, long deadline) {
            this.account = account;
            this.deadline = deadline;
        }

        /**
         * Waits until it is worth a try.
         *
         * @return false when the time is up
         * @throws InterruptedException when the thread was interrupted
         */
        boolean await() throws InterruptedException {
            lock.lockInterruptibly();
            try {
                while (true) {
                    boolean first = line().peekFirst() == this;
                    long left = deadline - System.nanoTime();
                    if (left <= 0) {
                        return false;
                    }
                    if (first && mayLook) {
                        mayLook = false;
                        return true;
                    }
                    long nap = moved.awaitNanos(first ? Math.min(left, LOOK_EVERY_NANOS) : left);
                    mayLook |= first && nap <= 0;
                }
            } finally {
                lock.unlock();
            }
        }

        private Deque<Place> line() {
            return lines.computeIfAbsent(account, name -> new ArrayDeque<>());
        }

        private void wake() {
            mayLook = true;
            moved.signal();
        }

        @Override
        public void close() {
            lock.lock();
            try {
                Deque<Place> line = line();
                if (line.remove(this)) {
                    waiting.decrementAndGet();
                }
                Place next = line.peekFirst();
                if (next == null) {
                    lines.remove(account);
                } else {
                    next.wake();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Goes to the end of an account's line.
     *
     * @param most longest the line may be
     * @param nanos longest wait
     * @return null when the line is full
     */
    @Nullable Place enter(String account, int most, long nanos) {
        lock.lock();
        try {
            Place place = new Place(account, System.nanoTime() + nanos);
            Deque<Place> line = place.line();
            if (line.size() >= most) {
                return null;
            }
            line.addLast(place);
            waiting.incrementAndGet();
            place.mayLook = line.size() == 1;
            return place;
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody waits for this account; who comes now must not overtake him. */
    boolean isWaitedFor(String account) {
        if (waiting.get() == 0) {
            return false;
        }
        lock.lock();
        try {
            return lines.containsKey(account);
        } finally {
            lock.unlock();
        }
    }

    /** Number of all who wait. */
    int waiting() {
        return waiting.get();
    }

    /** Lets the first of every line look. */
    void somethingReturned() {
        if (waiting.get() == 0) {
            return;
        }
        lock.lock();
        try {
            for (Deque<Place> line : lines.values()) {
                Place first = line.peekFirst();
                if (first != null) {
                    first.wake();
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
