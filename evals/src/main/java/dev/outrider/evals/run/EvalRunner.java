package dev.outrider.evals.run;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeAttributes;
import dev.outrider.router.CascadeChatResponseMetadata;
import dev.outrider.router.RefusalReason;
import dev.outrider.router.RefusedException;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * Runs a suite through a model: the very cascade that serves production, nothing else. Cases begin in file order, some at the same
 * time when told so, and every case is a request of its own: what comes of it does not depend on how many run beside it. Results are in
 * file order.
 *
 * <p>A case that fails, for whatever reason, is recorded as failed and stays in the denominator. A run can end early: by {@link #stop},
 * at its money limit, or because the LLM or the judge is dead. What is done by then is kept and the run says that it is partial and why. With a
 * {@link RunLog} the next start goes on from there, also after {@code kill -9}.
 */
public final class EvalRunner {

    private final ChatModel model;
    private final Progress progress;
    private final InstantSource clock;
    private final int concurrency;
    private final int failuresToStop;
    private final @Nullable MoneyLimit limit;
    private final @Nullable RunLog log;
    private final Recovery recovery;
    private final boolean freeLlm;
    private final @Nullable PaidJudge judge;
    private final Verdicts verdicts;
    private final Stopper stopper = new Stopper();

    private EvalRunner(Builder builder) {
        this.model = Objects.requireNonNull(builder.model, "model: which cascade is to be measured?");
        this.progress = builder.progress;
        this.clock = builder.clock;
        this.concurrency = builder.concurrency;
        this.failuresToStop = builder.failuresToStop;
        this.limit = builder.limit;
        this.log = builder.log;
        this.recovery = builder.recovery;
        this.freeLlm = builder.freeLlm;
        this.judge = builder.judge;
        this.verdicts = judge == null ? Verdicts.RULES : judge;
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Runs every case that has no result yet; recorded outcomes cannot be run and are counted in the notes.
     *
     * @throws RunException when results cannot be written
     * @throws IllegalArgumentException in one line when a case wants a judge and none is named
     */
    public EvalRun run(Suite suite) {
        List<EvalCase> cases = suite.cases().stream().filter(EvalCase::runnable).toList();
        checkJudge(cases);
        List<String> notes = new ArrayList<>(suite.skipped().stream().map(s -> "left out: " + s).toList());
        if (!notes.isEmpty()) {
            notes.addFirst(notes.size() + " line(s) or file(s) of the suites cannot be used and are in no figure:");
        }
        if (cases.size() < suite.cases().size()) {
            notes.add((suite.cases().size() - cases.size()) + " case(s) hold recorded outcomes only and cannot be run");
        }
        Instant startedAt = log == null ? clock.instant() : log.startedAt();
        Work work = new Work(cases, notes);
        work.run();
        List<QueryResult> results = cases.stream().map(c -> work.done.get(c.id())).filter(Objects::nonNull).toList();
        double seconds = log == null ? work.elapsed().toNanos() / 1e9 : log.elapsed();
        return new EvalRun(
                results, List.of(), cases.size(), results.size() < cases.size(), work.queue.ended(), startedAt, seconds, notes,
                judge == null || cases.stream().noneMatch(EvalCase::wantsJudge) ? null : judge.use());
    }

    private void checkJudge(List<EvalCase> cases) {
        List<EvalCase> judged = cases.stream().filter(EvalCase::wantsJudge).toList();
        if (judge == null && !judged.isEmpty()) {
            throw new IllegalArgumentException(judged.getFirst().origin() + ": " + judged.getFirst().id() + (judged.size() == 1 ? "" : " and "
                    + (judged.size() - 1) + " more") + " say match llm-judge and no judge is named; name one (outrider eval --judge MODEL), or"
                    + " leave them out");
        }
    }

    /** Ends a run from another thread: the queries at work are given up, the run returns what it has. */
    public void stop() {
        stopper.stop();
    }

    static Duration left(Duration elapsed, int done, int planned) {
        return elapsed.dividedBy(Math.max(1, done)).multipliedBy(planned - done);
    }

    /** One run of some cases. */
    private final class Work {

        private final Map<String, QueryResult> done = new LinkedHashMap<>();
        private final Set<String> recovered = new HashSet<>();
        private final List<Unjudged> unjudged = new ArrayList<>();
        private String judgeFailed = "";
        private final WorkQueue queue;
        private final int planned;
        private final int doneBefore;
        private final long start = System.nanoTime();

        Work(List<EvalCase> cases, List<String> notes) {
            planned = cases.size();
            if (log != null) {
                done.putAll(log.done());
                recovery.results(cases, freeLlm, verdicts).forEach(this::recover);
            }
            doneBefore = done.size();
            if (doneBefore > 0) {
                notes.add(doneBefore + " of " + planned + " queries were run by an earlier start and not run again");
            }
            queue = new WorkQueue(
                    cases.stream().filter(c -> !done.containsKey(c.id()) && !recovered.contains(c.id())).toList(), failuresToStop);
            if (!judgeFailed.isEmpty()) {
                queue.end(judgeFailed);
            }
        }

        private synchronized void unavailable(Unjudged answer, JudgeUnavailableException e) {
            unjudged.add(answer);
            if (e.ill() && judgeFailed.isEmpty()) {
                judgeFailed = String.valueOf(e.getMessage());
            }
        }

        private void recover(String caseId, Supplier<QueryResult> result) {
            recovered.add(caseId);
            if (!judgeFailed.isEmpty()) {
                return;
            }
            try {
                stands(result.get());
            } catch (JudgeUnavailableException e) {
                unavailable(new Unjudged(result, false), e);
            }
        }

        Duration elapsed() {
            return Duration.ofNanos(System.nanoTime() - start);
        }

        void run() {
            if (concurrency == 1) {
                work();
            } else {
                sideBySide();
            }
            judgeTheRest();
            stand(queue.heldBack());
        }

        /** Answers whose judge had no money while others had it set aside: now nobody has. */
        private void judgeTheRest() {
            List<Unjudged> rest = judgeFailed.isEmpty() && !stopper.stopped() ? List.copyOf(unjudged) : List.of();
            unjudged.clear();
            for (Unjudged answer : rest) {
                judge(answer);
                if (!unjudged.isEmpty()) {
                    return;
                }
            }
        }

        private void sideBySide() {
            try (Stopper.Watch watch = stopper.watch();
                    ExecutorService threads = Executors.newFixedThreadPool(
                            concurrency, Thread.ofPlatform().name("outrider-eval-", 1).daemon().factory())) {
                List<Future<?>> workers = new ArrayList<>();
                for (int i = 0; i < concurrency; i++) {
                    workers.add(threads.submit(this::work));
                }
                await(workers, watch);
            }
        }

        private void await(List<Future<?>> workers, Stopper.Watch watch) {
            for (Future<?> worker : workers) {
                try {
                    worker.get();
                } catch (InterruptedException e) {
                    // the caller's thread was interrupted, by a stop or otherwise: the workers end, and close() waits for them
                    stop();
                } catch (ExecutionException e) {
                    stop();
                    throw e.getCause() instanceof RuntimeException problem ? problem : new IllegalStateException(e.getCause());
                }
            }
        }

        private void work() {
            try (Stopper.Watch watch = stopper.watch()) {
                while (!watch.stopped()) {
                    EvalCase c = queue.take();
                    if (c == null) {
                        return;
                    }
                    try {
                        if (!query(c)) {
                            return;
                        }
                    } finally {
                        queue.release();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** False when the query was given up because the run was stopped. */
        private boolean query(EvalCase c) {
            ChatRequest request = ChatRequest.builder()
                    .messages(c.messages())
                    .toolSpecifications(c.specifications())
                    .build();
            CascadeAttributes attributes = CascadeAttributes.of("eval/" + c.id(), c.id(), c.suite());
            if (log != null) {
                log.working(c.id());
            }
            long from = System.nanoTime();
            try {
                ChatResponse response = model.chat(request, attributes.toOptions());
                DecisionRecord record =
                        response.metadata() instanceof CascadeChatResponseMetadata cascade ? cascade.record() : null;
                double seconds = since(from);
                judge(new Unjudged(() -> QueryResults.answered(c, response.aiMessage(), record, seconds, verdicts), false));
            } catch (RefusedException refused) {
                if (refused.reason() == RefusalReason.CANCELLED) {
                    return false;
                }
                if (limit != null && MoneyLimit.refused(refused)) {
                    queue.notCovered(c, limit.reached());
                } else {
                    double seconds = since(from);
                    judge(new Unjudged(
                            () -> QueryResults.refused(c, refused.record(), seconds, verdicts),
                            refused.reason() == RefusalReason.REMOTE_FAILED));
                }
            } catch (RunException broken) {
                throw broken;
            } catch (RuntimeException problem) {
                if (Thread.currentThread().isInterrupted()) {
                    return false;
                }
                stand(queue.settle(QueryResults.failed(c, problem, since(from)), false));
            } finally {
                if (log != null) {
                    log.working(null);
                }
            }
            return true;
        }

        /** An answer that no judge has time or money for is kept, and asked for neither again nor in vain. */
        private void judge(Unjudged answer) {
            try {
                stand(queue.settle(answer.judged().get(), answer.remoteFailed()));
            } catch (JudgeUnavailableException e) {
                unavailable(answer, e);
                if ((e.ill() || queue.atRest()) && !stopper.stopped()) {
                    queue.end(String.valueOf(e.getMessage()));
                }
            }
        }

        private void stands(QueryResult result) {
            if (log != null) {
                log.add(result);
            }
            done.put(result.caseId(), result);
        }

        /** These results stand: they are written down before anybody hears of them. */
        private synchronized void stand(List<QueryResult> results) {
            for (QueryResult result : results) {
                stands(result);
                Duration elapsed = elapsed();
                Duration left = left(elapsed, done.size() - doneBefore, planned - doneBefore);
                progress.judged(done.size(), planned, result, elapsed, left);
            }
        }
    }

    /**
     * An answer whose verdict is still to come.
     *
     * @param judged judges it
     * @param remoteFailed as of {@link WorkQueue#settle}
     */
    private record Unjudged(Supplier<QueryResult> judged, boolean remoteFailed) {}

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /** Builder; {@link #model} is required. */
    public static final class Builder {

        private @Nullable ChatModel model;
        private Progress progress = Progress.NONE;
        private InstantSource clock = InstantSource.system();
        private int concurrency = 1;
        private int failuresToStop;
        private @Nullable MoneyLimit limit;
        private @Nullable RunLog log;
        private Recovery recovery = Recovery.NONE;
        private boolean freeLlm;
        private @Nullable PaidJudge judge;

        private Builder() {}

        /** The cascade. A model that is none is measured as an LLM: all its answers count as escalated. */
        public Builder model(ChatModel model) {
            this.model = model;
            return this;
        }

        public Builder progress(Progress progress) {
            this.progress = progress;
            return this;
        }

        public Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /** How many cases run at the same time, at least 1; one when not set. */
        public Builder concurrency(int concurrency) {
            if (concurrency < 1) {
                throw new IllegalArgumentException("concurrency must be at least 1 but is " + concurrency);
            }
            this.concurrency = concurrency;
            return this;
        }

        /** Ends the run when the LLM failed so many times in a row; 0, the default, goes on to the end and counts every failure. */
        public Builder stopAfterFailures(int failures) {
            if (failures < 0) {
                throw new IllegalArgumentException("the number of failures must not be negative but is " + failures);
            }
            this.failuresToStop = failures;
            return this;
        }

        /** The money limit that the cascade's policy was given; the run ends when it does not cover a query. */
        public Builder limit(@Nullable MoneyLimit limit) {
            this.limit = limit;
            return this;
        }

        /** Where results are kept, and found again by the next start. The cascade's ledger must be {@link RunLog#watch watched}. */
        public Builder log(RunLog log) {
            this.log = log;
            return this;
        }

        /** What the ledger knows of an earlier start. */
        public Builder recovery(Recovery recovery) {
            this.recovery = recovery;
            return this;
        }

        /** Whether the LLM costs nothing, so that a query whose end is not known may be sent again. */
        public Builder freeLlm(boolean freeLlm) {
            this.freeLlm = freeLlm;
            return this;
        }

        /** Who judges replies of cases that say {@code match: llm-judge}; null where there are none. */
        public Builder judge(@Nullable PaidJudge judge) {
            this.judge = judge;
            return this;
        }

        public EvalRunner build() {
            return new EvalRunner(this);
        }
    }
}
