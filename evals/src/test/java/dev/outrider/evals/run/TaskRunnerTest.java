package dev.outrider.evals.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.model.chat.ChatModel;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.outrider.agents.Agent;
import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.report.ReplacementReport;
import dev.outrider.evals.report.TextReport;
import dev.outrider.evals.suite.Suite;
import dev.outrider.tools.desk.Desk;

class TaskRunnerTest {

    /** The tasks whose every query has a case; follow-ups are judged from their second request on only. */
    private final Suite suite = Suite.desk().filter(c -> !c.task().startsWith("desk/follow-"));

    @Test
    void anAgentThatActsAsTheGoldAnswersDoesEveryTaskRight() throws IOException {
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect())) {
            EvalRun run = run(suite, new ScriptedSlm(suite.cases(), 1, 1), llm);
            assertThat(run.partial()).isFalse();
            assertThat(run.notes()).isEmpty();
            assertThat(run.tasks()).hasSize((int) suite.cases().stream().map(c -> c.task()).distinct().count());
            assertThat(run.tasks()).hasSizeGreaterThan(120);
            assertThat(run.results()).filteredOn(r -> !r.right()).isEmpty();
            assertThat(run.results()).hasSameSizeAs(suite.cases());
            assertThat(run.tasks()).allMatch(EvalRun.TaskResult::right);
        }
    }

    @Test
    void missedAndFurtherStepsAreCountedAsWrong() throws IOException {
        Suite some = suite.sampleTasks(30, 5);
        try (SimulatedLlm llm = SimulatedLlm.start(some.cases(), SimulatedLlmBehaviour.perfect())) {
            EvalRun run = run(some, new ScriptedSlm(some.cases(), 0.5, 5), llm);
            assertThat(run.tasks()).hasSize(30);
            assertThat(run.results()).hasSizeGreaterThanOrEqualTo(some.cases().size());
            assertThat(run.results()).filteredOn(r -> r.route() == Route.NOT_REACHED).allMatch(r -> !r.right());
            assertThat(run.tasks()).anyMatch(t -> !t.right());
            for (EvalRun.TaskResult task : run.tasks()) {
                long wrong = run.results().stream().filter(r -> r.task().equals(task.task()) && !r.right()).count();
                assertThat(task.right()).as(task.task()).isEqualTo(wrong == 0);
            }
            ReplacementReport report = ReplacementReport.of(
                    new RunInfo("desk", RunInfo.Mode.TASKS, "scripted-slm", RunInfo.Llm.simulated(llm.behaviour()), Runs.policy(), 1), run);
            assertThat(TextReport.render(report, false)).contains("tasks done right");
        }
    }

    @Test
    void aRefusedQueryEndsTheTaskAndStaysInTheDenominator() {
        Suite some = suite.sampleTasks(12, 2);
        EvalRun run = run(some, new ScriptedSlm(some.cases(), 0, 1), null);
        assertThat(run.results()).hasSizeGreaterThanOrEqualTo(some.cases().size());
        assertThat(run.results()).filteredOn(r -> r.route() == Route.REFUSED).isNotEmpty()
                .allSatisfy(r -> assertThat(r.reason()).isEqualTo("NO_REMOTE"));
    }

    @Test
    void aTaskWithAQueryThatNoCaseJudgesIsLeftOutAndNamed() {
        Suite some = Suite.desk().filter(c -> c.task().startsWith("desk/follow-") || c.task().equals("desk/find-01"));
        EvalRun run = run(some, new ScriptedSlm(some.cases(), 1, 1), null);
        assertThat(run.tasks()).singleElement().satisfies(t -> assertThat(t.task()).isEqualTo("desk/find-01"));
        assertThat(run.notes()).singleElement().asString()
                .contains("left out because a query of theirs has no case to judge it by: desk/follow-01");
    }

    @Test
    void theDeskIsFreshForEveryTask() {
        try (Desk desk = Desk.inMemory()) {
            String fresh = desk.digest();
            EvalRun once = run(suite.sampleTasks(20, 9), new ScriptedSlm(suite.cases(), 1, 1), null);
            EvalRun again = run(suite.sampleTasks(20, 9), new ScriptedSlm(suite.cases(), 1, 1), null);
            assertThat(again.tasks()).isEqualTo(once.tasks());
            assertThat(desk.digest()).isEqualTo(fresh);
        }
    }

    private static EvalRun run(Suite suite, ChatModel slm, @Nullable SimulatedLlm llm) {
        try (Desk desk = Desk.inMemory()) {
            ChatModel cascade = Runs.cascade(slm, llm);
            return TaskRunner.builder()
                    .desk(desk)
                    .agents((tools, listener) ->
                            Agent.builder().model(cascade).catalogue(tools).listener(listener).build())
                    .build()
                    .run(suite);
        }
    }

    @Test
    void tasksAreDrawnWholeAndInFileOrder() {
        Suite some = suite.sampleTasks(10, 1);
        assertThat(some.cases().stream().map(c -> c.task()).distinct()).hasSize(10);
        List<String> ids = suite.cases().stream().map(c -> c.id()).filter(id -> some.cases().stream().anyMatch(c -> c.id().equals(id))).toList();
        assertThat(some.cases()).extracting(c -> c.id()).containsExactlyElementsOf(ids);
        assertThat(suite.sampleTasks(10, 1).cases()).isEqualTo(some.cases());
    }
}
