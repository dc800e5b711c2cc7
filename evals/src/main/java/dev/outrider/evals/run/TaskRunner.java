package dev.outrider.evals.run;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

import dev.outrider.agents.Agent;
import dev.outrider.agents.AgentListener;
import dev.outrider.agents.AgentRun;
import dev.outrider.agents.Conversation;
import dev.outrider.agents.Outcome;
import dev.outrider.evals.match.GoldAnswer;
import dev.outrider.evals.suite.EvalCase;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.tools.ToolCatalogue;
import dev.outrider.tools.desk.Desk;

/**
 * Runs whole tasks live: what the person says goes to an agent that works on a real desk, reset before every task. Every query of the
 * agent is judged against the gold step of the same number; a step beyond the gold ones is wrong, a gold step that was not reached is
 * wrong too, and the last answer is right only if the database ends as it does under the gold calls.
 *
 * <p>This is stricter than running the same cases one by one: one wrong step leads the following ones astray.
 */
public final class TaskRunner {

    private final Desk desk;
    private final AgentFactory agents;
    private final Progress progress;
    private final InstantSource clock;
    private final Stopper stopper = new Stopper();

    private TaskRunner(Builder builder) {
        this.desk = Objects.requireNonNull(builder.desk, "desk: which shop do the agents work in?");
        this.agents = Objects.requireNonNull(builder.agents, "agents: how is an agent made?");
        this.progress = builder.progress;
        this.clock = builder.clock;
    }

    /** Makes the agent of one task. */
    @FunctionalInterface
    public interface AgentFactory {

        /**
         * A fresh agent.
         *
         * @param tools the desk's tools
         * @param listener must be told of everything: the runner reads refusals from it
         */
        Agent create(ToolCatalogue tools, AgentListener listener);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Runs every task of a suite, each on a desk fresh from its seed. Tasks with queries that no case judges are left out and noted. */
    public EvalRun run(Suite suite) {
        List<String> notes = new ArrayList<>();
        List<LiveTask> tasks = tasks(suite, notes);
        Instant startedAt = clock.instant();
        long start = System.nanoTime();
        List<QueryResult> results = new ArrayList<>();
        List<EvalRun.TaskResult> done = new ArrayList<>();
        try (Stopper.Watch watch = stopper.watch(); Desk gold = Desk.inMemory()) {
            for (LiveTask task : tasks) {
                if (watch.stopped()) {
                    break;
                }
                List<QueryResult> queries = new ArrayList<>();
                EvalRun.TaskResult result = task(task, gold, queries);
                if (result == null) {
                    break;
                }
                done.add(result);
                results.addAll(queries);
                Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
                for (QueryResult query : queries) {
                    progress.judged(done.size(), tasks.size(), query, elapsed, EvalRunner.left(elapsed, done.size(), tasks.size()));
                }
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new EvalRun(results, done, tasks.size(), done.size() < tasks.size(), "", startedAt, seconds, notes);
    }

    /** Ends a run from another thread: the task at work is given up, the run returns what it has. */
    public void stop() {
        stopper.stop();
    }

    private static List<LiveTask> tasks(Suite suite, List<String> notes) {
        List<LiveTask> tasks = new ArrayList<>();
        List<String> left = new ArrayList<>();
        Map<String, List<EvalCase>> groups = LiveTask.group(suite.cases().stream().filter(EvalCase::runnable).toList());
        groups.forEach((id, cases) -> LiveTask.of(id, cases).ifPresentOrElse(tasks::add, () -> left.add(id)));
        if (!left.isEmpty()) {
            notes.add(left.size() + " task(s) left out because a query of theirs has no case to judge it by: "
                    + String.join(", ", left.subList(0, Math.min(5, left.size()))) + (left.size() > 5 ? "…" : ""));
        }
        return tasks;
    }

    /** Null when the task was given up because the run was stopped. */
    private EvalRun.@Nullable TaskResult task(LiveTask task, Desk gold, List<QueryResult> queries) {
        desk.reset();
        Refusal refusal = new Refusal();
        Conversation conversation = agents.create(desk.catalogue(), refusal).newConversation();
        AgentRun last = null;
        boolean extra = false;
        for (int turn = 0; turn < task.requests().size(); turn++) {
            List<EvalCase> cases = task.steps().get(turn);
            if (last != null && last.outcome() != Outcome.ANSWERED) {
                String why = "an earlier request of the conversation ended " + last.outcome();
                cases.forEach(c -> queries.add(QueryResults.notReached(c, why)));
                continue;
            }
            last = conversation.send(task.requests().get(turn));
            if (last.outcome() == Outcome.CANCELLED) {
                return null;
            }
            extra |= judge(task, cases, last, refusal.take(), queries);
        }
        boolean stepsRight = !extra && queries.stream().allMatch(QueryResult::right);
        boolean stateRight = desk.digest().equals(digestOfGold(task, gold));
        if (!stateRight && queries.getLast().right()) {
            queries.set(queries.size() - 1, queries.getLast().wrongBecause("the database does not end as under the gold calls"));
        }
        String said = last == null ? "" : last.finalText().isEmpty() ? last.reason() : last.finalText();
        return new EvalRun.TaskResult(
                task.id(), last == null ? "" : last.outcome().name(), stepsRight, stateRight, said);
    }

    /** Judges the queries of one turn; true when there were more than gold has. */
    private static boolean judge(
            LiveTask task, List<EvalCase> cases, AgentRun run, Optional<DecisionRecord> refused, List<QueryResult> queries) {
        int answered = run.steps().size();
        for (int i = 0; i < Math.max(answered, cases.size()); i++) {
            if (i < answered && i < cases.size()) {
                var step = run.steps().get(i);
                queries.add(QueryResults.answered(cases.get(i), step.message(), step.record(), seconds(step.took()), Verdicts.RULES));
            } else if (i < answered) {
                var step = run.steps().get(i);
                queries.add(QueryResults.beyondGold(
                        cases.getLast(), task.id() + "/extra-" + (i + 1), step.message(), step.record(), seconds(step.took())));
            } else if (i == answered && refused.isPresent()) {
                queries.add(QueryResults.refused(cases.get(i), refused.get(), 0, Verdicts.RULES));
            } else if (i == answered && run.outcome() == Outcome.FAILED) {
                queries.add(QueryResults.failed(cases.get(i), run.reason()));
            } else {
                queries.add(QueryResults.notReached(cases.get(i), "the run ended " + run.outcome() + " before this step"));
            }
        }
        return answered > cases.size();
    }

    private static String digestOfGold(LiveTask task, Desk gold) {
        gold.reset();
        ToolCatalogue tools = gold.catalogue();
        for (EvalCase c : task.cases()) {
            for (ToolExecutionRequest call : GoldAnswer.of(c).toolExecutionRequests()) {
                tools.execute(call);
            }
        }
        return gold.digest();
    }

    private static double seconds(Duration took) {
        return took.toNanos() / 1e9;
    }

    /** Remembers the record of a refused query, which is no step of a run. */
    private static final class Refusal implements AgentListener {

        private @Nullable DecisionRecord record;

        @Override
        public void onRefused(int step, DecisionRecord refused) {
            record = refused;
        }

        Optional<DecisionRecord> take() {
            Optional<DecisionRecord> taken = Optional.ofNullable(record);
            record = null;
            return taken;
        }
    }

    /** Builder; {@link #desk} and {@link #agents} are required. */
    public static final class Builder {

        private @Nullable Desk desk;
        private @Nullable AgentFactory agents;
        private Progress progress = Progress.NONE;
        private InstantSource clock = InstantSource.system();

        private Builder() {}

        /** The desk that agents work on; it is reset before every task and everything in it is lost. */
        public Builder desk(Desk desk) {
            this.desk = desk;
            return this;
        }

        public Builder agents(AgentFactory agents) {
            this.agents = agents;
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

        public TaskRunner build() {
            return new TaskRunner(this);
        }
    }
}
