package dev.outrider.evals.run;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.CascadeAttributes;
import dev.outrider.router.CascadeChatResponseMetadata;
import dev.outrider.router.RefusalReason;
import dev.outrider.router.RefusedException;
import dev.outrider.router.ledger.DecisionRecord;

/**
 * Runs a suite through a model: the very cascade that serves production, nothing else. Cases run one after the other in file order, so
 * that two runs differ only by what the models do.
 *
 * <p>A case that fails, for whatever reason, is recorded as failed and stays in the denominator. {@link #stop} ends the run early;
 * what is done by then is kept and the run says that it is partial.
 */
public final class EvalRunner {

    private final ChatModel model;
    private final Progress progress;
    private final InstantSource clock;
    private final Stopper stopper = new Stopper();

    private EvalRunner(Builder builder) {
        this.model = Objects.requireNonNull(builder.model, "model: which cascade is to be measured?");
        this.progress = builder.progress;
        this.clock = builder.clock;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Runs every case; recorded outcomes cannot be run and are counted in the notes. */
    public EvalRun run(Suite suite) {
        List<EvalCase> cases = suite.cases().stream().filter(EvalCase::runnable).toList();
        List<String> notes = new ArrayList<>(suite.skipped().stream().map(s -> "left out: " + s).toList());
        if (cases.size() < suite.cases().size()) {
            notes.add((suite.cases().size() - cases.size()) + " case(s) hold recorded outcomes only and cannot be run");
        }
        Instant startedAt = clock.instant();
        long start = System.nanoTime();
        List<QueryResult> results = new ArrayList<>();
        try (Stopper.Watch watch = stopper.watch()) {
            for (EvalCase c : cases) {
                if (watch.stopped()) {
                    break;
                }
                QueryResult result = query(c);
                if (result == null) {
                    break;
                }
                results.add(result);
                Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
                progress.judged(results.size(), cases.size(), result, elapsed, left(elapsed, results.size(), cases.size()));
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new EvalRun(results, List.of(), cases.size(), results.size() < cases.size(), startedAt, seconds, notes);
    }

    /** Ends a run from another thread: the query at work is given up, the run returns what it has. */
    public void stop() {
        stopper.stop();
    }

    /** Null when the query was given up because the run was stopped. */
    private @Nullable QueryResult query(EvalCase c) {
        ChatRequest request = ChatRequest.builder()
                .messages(c.messages())
                .toolSpecifications(c.specifications())
                .build();
        CascadeAttributes attributes = CascadeAttributes.of("eval/" + c.id(), c.id(), c.suite());
        long start = System.nanoTime();
        try {
            ChatResponse response = model.chat(request, attributes.toOptions());
            DecisionRecord record =
                    response.metadata() instanceof CascadeChatResponseMetadata cascade ? cascade.record() : null;
            return QueryResults.answered(c, response.aiMessage(), record, since(start));
        } catch (RefusedException refused) {
            return refused.reason() == RefusalReason.CANCELLED ? null : QueryResults.refused(c, refused.record(), since(start));
        } catch (RuntimeException problem) {
            return Thread.currentThread().isInterrupted() ? null : QueryResults.failed(c, problem, since(start));
        }
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    static Duration left(Duration elapsed, int done, int planned) {
        return elapsed.dividedBy(Math.max(1, done)).multipliedBy(planned - done);
    }

    /** Builder; {@link #model} is required. */
    public static final class Builder {

        private @Nullable ChatModel model;
        private Progress progress = Progress.NONE;
        private InstantSource clock = InstantSource.system();

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

        public EvalRunner build() {
            return new EvalRunner(this);
        }
    }
}
