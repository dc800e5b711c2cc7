package dev.outrider.router.remote;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.core.exception.AcquirePermissionCancelledException;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RequestNotPermitted;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.DurationText;
import dev.outrider.router.remote.RemoteCall.Outcome;
import dev.outrider.router.remote.RemoteException.Kind;

/**
 * One attempt within its time limit: one request, or with hedging a second one beside it when the first takes long. The
 * first good answer wins and the other request is cancelled. Waiting for a place in rate limiter and bulkhead counts
 * into the time limit. Nothing is sent any more once the attempt is over.
 */
final class RemoteAttempt {

    private final Supplier<@Nullable ChatResponse> request;
    private final ResilienceSettings patience;
    private final @Nullable RateLimiter rateLimiter;
    private final Bulkhead bulkhead;
    private final ExecutorService threads;
    private final RemoteDeadline deadline;
    private final CompletableFuture<ChatResponse> winner = new CompletableFuture<>();
    private final List<Sending> sendings = new ArrayList<>();
    private boolean over;

    RemoteAttempt(
            Supplier<@Nullable ChatResponse> request,
            ResilienceSettings patience,
            @Nullable RateLimiter rateLimiter,
            Bulkhead bulkhead,
            ExecutorService threads,
            RemoteDeadline deadline) {
        this.request = request;
        this.patience = patience;
        this.rateLimiter = rateLimiter;
        this.bulkhead = bulkhead;
        this.threads = threads;
        this.deadline = deadline;
    }

    /** The answer; throws a {@link RemoteException} when there is none. */
    ChatResponse answer() {
        Duration left = deadline.remaining();
        boolean cutShort = left.compareTo(patience.timeout()) < 0;
        Duration limit = cutShort ? left : patience.timeout();
        @Nullable RemoteException failed = null;
        try {
            launch();
            ResilienceSettings.Hedging hedging = patience.hedging();
            if (hedging != null) {
                CompletableFuture.delayedExecutor(hedging.after().toNanos(), TimeUnit.NANOSECONDS)
                        .execute(this::hedge);
            }
            return TimeLimiter.of(limit).executeFutureSupplier(() -> winner);
        } catch (Exception e) {
            failed = ending(e, cutShort);
            throw failed;
        } finally {
            end(failed);
        }
    }

    private RemoteException ending(Exception e, boolean cutShort) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        if (e instanceof TimeoutException && cutShort) {
            return RemoteException.of(
                    Kind.QUERY_TIMEOUT,
                    "did not answer within the query's " + DurationText.of(patience.queryTimeout()),
                    null,
                    e);
        }
        return RemoteFault.of(e, patience.timeout());
    }

    /** What was sent, once {@link #answer} has ended. */
    List<Sending> sendings() {
        return sendings;
    }

    private synchronized void launch() {
        if (!over && !winner.isDone()) {
            Sending sending = new Sending(deadline.now());
            sendings.add(sending);
            sending.running = threads.submit(sending);
        }
    }

    /** A second request only where there is room for it: hedging must not queue behind real work. */
    private void hedge() {
        boolean room = bulkhead.getMetrics().getAvailableConcurrentCalls() > 0
                && (rateLimiter == null || rateLimiter.getMetrics().getAvailablePermissions() > 0);
        if (room) {
            launch();
        }
    }

    /** @param failed what ended the attempt; null when there is an answer */
    private synchronized void end(@Nullable RemoteException failed) {
        over = true;
        for (Sending sending : sendings) {
            sending.end(failed);
        }
    }

    private synchronized void done(Sending sending) {
        boolean allFailed = sendings.stream().allMatch(s -> s.fault != null);
        RemoteException fault = sending.fault;
        if (allFailed && fault != null) {
            winner.completeExceptionally(fault);
        }
    }

    /** One request. Its state is guarded by the attempt. */
    final class Sending implements Runnable {

        private final long begin;
        private @Nullable Future<?> running;
        private boolean sent;
        private @Nullable ChatResponse response;
        private boolean won;
        private @Nullable RemoteException fault;
        private boolean ended;
        private long end;

        private Sending(long begin) {
            this.begin = begin;
        }

        @Override
        public void run() {
            try {
                if (rateLimiter != null) {
                    RateLimiter.waitForPermission(rateLimiter);
                }
                bulkhead.acquirePermission();
                try {
                    leave();
                    answered(complete(request.get()));
                } finally {
                    bulkhead.onComplete();
                }
            } catch (RuntimeException | Error e) {
                failed(faultOf(e));
            }
        }

        private void leave() {
            synchronized (RemoteAttempt.this) {
                if (over) {
                    throw RemoteException.of(Kind.CANCELLED, "was not asked: there is an answer already");
                }
                sent = true;
            }
        }

        private void answered(ChatResponse answer) {
            synchronized (RemoteAttempt.this) {
                if (stop()) {
                    response = answer;
                    won = winner.complete(answer);
                }
            }
        }

        private void failed(RemoteException thrown) {
            synchronized (RemoteAttempt.this) {
                if (stop()) {
                    fault = thrown;
                    done(this);
                }
            }
        }

        /** Stops the request when it is still under way. */
        private void end(@Nullable RemoteException attemptFailed) {
            if (stop()) {
                fault = attemptFailed;
                Future<?> thread = running;
                if (thread != null) {
                    thread.cancel(true);
                }
            }
        }

        /** Whether it was still under way. */
        private boolean stop() {
            boolean first = !ended;
            if (first) {
                ended = true;
                end = deadline.now();
            }
            return first;
        }

        Outcome outcome() {
            if (!sent) {
                return Outcome.NOT_SENT;
            }
            if (won) {
                return Outcome.ANSWERED;
            }
            return fault == null ? Outcome.OUTRUN : Outcome.FAILED;
        }

        /** The answer, also one that came too late. */
        @Nullable ChatResponse response() {
            return response;
        }

        @Nullable RemoteException fault() {
            return fault;
        }

        double seconds() {
            return (end - begin) / 1e9;
        }
    }

    private RemoteException faultOf(Throwable thrown) {
        if (thrown instanceof RequestNotPermitted) {
            return RemoteException.of(Kind.RATE_LIMITER, "had no place within resilience.rate-limit", null, thrown);
        }
        if (thrown instanceof BulkheadFullException) {
            return RemoteException.of(
                    Kind.BULKHEAD_FULL,
                    "had no place among " + patience.bulkhead().maxConcurrent() + " requests under way",
                    null,
                    thrown);
        }
        if (thrown instanceof AcquirePermissionCancelledException) {
            return RemoteException.of(Kind.CANCELLED, "was not waited for", null, thrown);
        }
        return RemoteFault.of(thrown, patience.timeout());
    }

    private static ChatResponse complete(@Nullable ChatResponse response) {
        if (response == null || response.aiMessage() == null) {
            throw RemoteException.of(Kind.EMPTY, "answered nothing");
        }
        AiMessage answer = response.aiMessage();
        boolean silent = answer.text() == null || answer.text().isBlank();
        if (silent && !answer.hasToolExecutionRequests()) {
            throw RemoteException.of(Kind.EMPTY, "answered neither text nor a call");
        }
        return response;
    }
}
