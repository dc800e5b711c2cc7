package dev.outrider.slm.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.EngineBusyException;
import dev.outrider.slm.GenerationOptions;
import dev.outrider.slm.StateMemoryException;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;
import dev.outrider.slm.state.PrefixTree;

/**
 * Continuous batching: one thread runs steps of the model, each made of the next token of every sequence that writes and of at most one
 * chunk of prompts, so that weights are read once for all of them and a long prompt holds up nobody for longer than a chunk.
 *
 * <p>Requests are taken up in the order in which they come, as many as the limits allow; prompts that are being read take turns, chunk by
 * chunk. What a sequence answers does not depend on what else is running. Only this thread uses the model; whoever else needs it
 * hands in a job, which runs between two steps.
 */
public final class Scheduler implements AutoCloseable {

    private record Job<T>(Supplier<T> work, CompletableFuture<T> done) {
        void run() {
            try {
                done.complete(work.get());
            } catch (Throwable t) {
                done.completeExceptionally(t);
            }
        }
    }

    private final LanguageModel model;
    private final PrefixTree tree;
    private final Limits limits;
    private final int chunk;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wake = lock.newCondition();
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private final Deque<Job<?>> jobs = new ArrayDeque<>();
    private boolean closed;

    // the thread's own, looked at by others under the lock
    private final List<Sequence> writing = new ArrayList<>();
    private final Deque<Sequence> reading = new ArrayDeque<>();
    private long reserved;
    private long steps;
    private long rows;
    private long finished;

    public Scheduler(LanguageModel model, PrefixTree tree, Limits limits) {
        this.model = model;
        this.tree = tree;
        int running = Math.min(limits.running(), model.largestBatch());
        this.limits = new Limits(running, limits.waiting(), limits.stateBytes());
        this.chunk = Math.max(1, model.largestStep() - model.largestBatch());
        thread = Thread.ofPlatform().name("outrider-slm-scheduler").daemon().unstarted(this::work);
        thread.start();
    }

    /**
     * Continues a prompt, and waits for the answer. An interrupt of the waiting thread cancels the sequence; its status stays set.
     *
     * @param prompt at least one token, in the vocabulary and shorter than the context
     * @param stops tokens that end the answer
     * @throws EngineBusyException if too many requests wait already
     * @throws StateMemoryException if the state of the prompt alone is too large
     * @throws IllegalStateException if the scheduler is closed, or closes meanwhile
     */
    public Outcome generate(int[] prompt, GenerationOptions options, Set<Integer> stops) {
        Sequence sequence = new Sequence(model, tree, prompt, options, stops, most(prompt, options));
        lock.lock();
        try {
            requireOpen();
            int running = reading.size() + writing.size();
            // what can start at once does not wait; the scheduler takes it up before its next step
            int free = Math.max(0, limits.running() - running);
            if (waiting.size() >= limits.waiting() + free) {
                throw new EngineBusyException(running, waiting.size());
            }
            waiting.addLast(sequence);
            wake.signal();
        } finally {
            lock.unlock();
        }
        return await(sequence.result(), sequence);
    }

    /** Most tokens of the answer: what was asked for, as far as the context and the memory for states go. */
    private int most(int[] prompt, GenerationOptions options) {
        int most = (int) Math.min(options.maxTokens(), (long) model.contextLength() - prompt.length);
        if (model.stateBytes(prompt.length + most) <= limits.stateBytes()) {
            return most;
        }
        long least = model.stateBytes(prompt.length + 1);
        if (least > limits.stateBytes()) {
            throw new StateMemoryException(prompt.length + 1, least, limits.stateBytes());
        }
        int fits = 1;
        int tooMany = most;
        while (fits + 1 < tooMany) {
            int middle = (fits + tooMany) >>> 1;
            if (model.stateBytes(prompt.length + middle) <= limits.stateBytes()) {
                fits = middle;
            } else {
                tooMany = middle;
            }
        }
        return fits;
    }

    /**
     * Runs something that uses the model between two steps, and waits for it.
     *
     * @throws IllegalStateException if the scheduler is closed
     */
    public <T> T call(Supplier<T> work) {
        Job<T> job = new Job<>(work, new CompletableFuture<>());
        lock.lock();
        try {
            requireOpen();
            jobs.addLast(job);
            wake.signal();
        } finally {
            lock.unlock();
        }
        return await(job.done, null);
    }

    private static <T> T await(CompletableFuture<T> result, @Nullable Sequence sequence) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    if (sequence != null) {
                        sequence.interrupt();
                    }
                }
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException("a step failed", e.getCause());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /** What is going on. */
    public SchedulerStats stats() {
        lock.lock();
        try {
            return new SchedulerStats(reading.size() + writing.size(), waiting.size(), reserved, steps, rows, finished);
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        while (true) {
            Job<?> job;
            List<Sequence> admitted;
            List<Sequence> queued;
            lock.lock();
            try {
                while (!closed && jobs.isEmpty() && waiting.isEmpty() && reading.isEmpty() && writing.isEmpty()) {
                    wake.awaitUninterruptibly();
                }
                if (closed) {
                    break;
                }
                job = jobs.pollFirst();
                admitted = admit();
                queued = List.copyOf(waiting);
            } finally {
                lock.unlock();
            }
            queued.forEach(Sequence::checkTime);
            leaveQueue(queued);
            if (job != null) {
                job.run();
            }
            for (Sequence sequence : admitted) {
                try {
                    sequence.start();
                } catch (Throwable t) {
                    sequence.fail(t);
                }
            }
            step();
        }
        failAll();
    }

    /** Takes up requests in their order, as many as the limits allow; under the lock. */
    private List<Sequence> admit() {
        List<Sequence> admitted = new ArrayList<>();
        while (!waiting.isEmpty() && reading.size() + writing.size() < limits.running()) {
            long needed = waiting.getFirst().stateBytes();
            if (reserved + needed > limits.stateBytes() && reserved > 0) {
                break;
            }
            Sequence sequence = waiting.removeFirst();
            reserved += needed;
            reading.addLast(sequence);
            admitted.add(sequence);
        }
        return admitted;
    }

    /** One step of all sequences that write, and a chunk of those that read. */
    private void step() {
        writing.forEach(Sequence::checkTime);
        reading.forEach(Sequence::checkTime);
        drop();
        List<Sequence> parts = new ArrayList<>();
        List<SequenceStep> plan = new ArrayList<>();
        int room = model.largestStep();
        int owed = writing.size();
        for (Sequence sequence : writing) {
            // each has a row at least; forced tokens take more as long as there is room
            owed--;
            room -= add(sequence, room - owed, parts, plan);
        }
        room = Math.min(room, chunk);
        int served = 0;
        for (Sequence sequence : reading) {
            if (room > 0) {
                room -= add(sequence, room, parts, plan);
                served++;
            }
        }
        takeTurns(served);
        if (!plan.isEmpty()) {
            run(parts, plan);
        }
        drop();
    }

    /** Those that had their chunk go behind the others. */
    private void takeTurns(int served) {
        lock.lock();
        try {
            for (int i = 0; i < served; i++) {
                reading.addLast(reading.removeFirst());
            }
        } finally {
            lock.unlock();
        }
    }

    private static int add(Sequence sequence, int room, List<Sequence> parts, List<SequenceStep> plan) {
        SequenceStep next = sequence.isDone() ? null : sequence.next(room);
        if (next == null) {
            return 0;
        }
        parts.add(sequence);
        plan.add(next);
        return next.count();
    }

    private void run(List<Sequence> parts, List<SequenceStep> plan) {
        TokenChoice[] chosen = new TokenChoice[plan.size()];
        try {
            model.step(plan, chosen);
        } catch (Throwable t) {
            // what the states hold now is unknown
            parts.forEach(sequence -> sequence.fail(t));
            return;
        }
        for (int i = 0; i < chosen.length; i++) {
            parts.get(i).advance(chosen[i]);
        }
        lock.lock();
        try {
            steps++;
            for (SequenceStep part : plan) {
                rows += part.count();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of the sequences that are done, and moves those that have read their prompts on to writing. */
    private void drop() {
        List<Sequence> over = new ArrayList<>();
        lock.lock();
        try {
            writing.removeIf(sequence -> isOver(sequence, over));
            reading.removeIf(sequence -> isOver(sequence, over));
            for (int i = reading.size(); i > 0; i--) {
                Sequence sequence = reading.removeFirst();
                if (sequence.isReading()) {
                    reading.addLast(sequence);
                } else {
                    writing.add(sequence);
                }
            }
        } finally {
            lock.unlock();
        }
        over.forEach(Sequence::handOver);
    }

    /** Lets go of requests that ended before their turn came. */
    private void leaveQueue(List<Sequence> queued) {
        List<Sequence> over = queued.stream().filter(Sequence::isDone).toList();
        if (!over.isEmpty()) {
            lock.lock();
            try {
                waiting.removeAll(over);
            } finally {
                lock.unlock();
            }
            over.forEach(Sequence::handOver);
        }
    }

    private boolean isOver(Sequence sequence, List<Sequence> over) {
        if (sequence.isDone()) {
            over.add(sequence);
            sequence.release();
            reserved -= sequence.stateBytes();
            finished++;
            return true;
        }
        return false;
    }

    private void failAll() {
        List<Sequence> over = new ArrayList<>();
        lock.lock();
        try {
            IllegalStateException cause = new IllegalStateException("the engine is closed: it was closed while this request was at work");
            waiting.forEach(sequence -> sequence.fail(cause));
            reading.forEach(sequence -> sequence.fail(cause));
            writing.forEach(sequence -> sequence.fail(cause));
            over.addAll(waiting);
            over.addAll(reading);
            over.addAll(writing);
            jobs.forEach(job -> job.done.completeExceptionally(cause));
            waiting.clear();
            reading.clear();
            writing.clear();
            jobs.clear();
            reserved = 0;
        } finally {
            lock.unlock();
        }
        over.forEach(Sequence::handOver);
    }

    /** Waits for the step that is running, then ends all requests with an {@link IllegalStateException}. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            wake.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        // a listener that closes the engine is called by the thread itself
        while (thread.isAlive() && thread != Thread.currentThread()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
