package dev.outrider.evals.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import dev.outrider.evals.Shop;
import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.suite.Suite;

class EvalRunnerTest {

    private final Suite suite = Shop.suite();

    @Test
    void everyCaseGoesThroughTheCascadeAndIsJudged() throws IOException {
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect())) {
            List<String> seen = new ArrayList<>();
            EvalRun run = EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(suite.cases(), 0.6, 3), llm))
                    .progress((done, planned, result, elapsed, left) -> seen.add(done + "/" + planned + " " + result.caseId()))
                    .build()
                    .run(suite);
            assertThat(run.partial()).isFalse();
            assertThat(run.results()).hasSize(suite.cases().size());
            assertThat(seen).hasSize(suite.cases().size()).first().isEqualTo("1/12 shop/1/s0");
            assertThat(run.results()).filteredOn(r -> r.route() == Route.REMOTE).isNotEmpty().allMatch(QueryResult::right);
            assertThat(run.results()).filteredOn(r -> r.route() == Route.LOCAL).isNotEmpty();
            assertThat(run.results()).allSatisfy(r -> assertThat(r.local()).isNotNull());
            assertThat(run.results()).allSatisfy(r -> assertThat(r.confidence()).isBetween(0.0, 1.0));
        }
    }

    @Test
    void theSameModelsGiveTheSameVerdicts() throws IOException {
        List<List<Boolean>> verdicts = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect())) {
                verdicts.add(EvalRunner.builder().model(Runs.cascade(new ScriptedSlm(suite.cases(), 0.5, 1), llm)).build()
                        .run(suite).results().stream().map(QueryResult::right).toList());
            }
        }
        assertThat(verdicts.get(0)).isEqualTo(verdicts.get(1));
    }

    @Test
    void anLlmThatDiesInTheMiddleLeavesNoQueryOutOfTheDenominator() throws IOException {
        SimulatedLlm llm = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect());
        AtomicInteger done = new AtomicInteger();
        EvalRun run = EvalRunner.builder()
                // an SLM that is always wrong sends most queries to the LLM
                .model(Runs.cascade(new ScriptedSlm(suite.cases(), 0, 1), llm))
                .progress((n, planned, result, elapsed, left) -> {
                    if (done.incrementAndGet() == 4) {
                        llm.close();
                    }
                })
                .build()
                .run(suite);
        assertThat(run.results()).hasSize(suite.cases().size());
        assertThat(run.results()).filteredOn(r -> r.route() == Route.REFUSED).isNotEmpty().allSatisfy(r -> {
            assertThat(r.reason()).isEqualTo("REMOTE_FAILED");
            assertThat(r.right()).isFalse();
            assertThat(r.local()).isNotNull();
        });
    }

    @Test
    void aCaseThatThrowsIsRecordedAsFailedAndTheRunGoesOn() {
        EvalRun run = EvalRunner.builder()
                .model(Runs.cascade(new ScriptedSlm(suite.cases(), 1, 1), null, record -> {
                    if ("shop/3".equals(record.query())) {
                        throw new IllegalStateException("disk full");
                    }
                }))
                .build()
                .run(suite);
        assertThat(run.results()).hasSize(suite.cases().size());
        assertThat(run.results()).filteredOn(r -> r.route() == Route.FAILED).singleElement().satisfies(r -> {
            assertThat(r.caseId()).isEqualTo("shop/3");
            assertThat(r.detail()).contains("disk full");
        });
    }

    @Test
    void withoutAnLlmUnsureQueriesAreRefusedAndCounted() {
        EvalRun run = EvalRunner.builder().model(Runs.cascade(new ScriptedSlm(suite.cases(), 0, 1), null)).build().run(suite);
        assertThat(run.results()).hasSize(suite.cases().size());
        assertThat(run.results()).filteredOn(r -> r.route() == Route.REFUSED).isNotEmpty()
                .allSatisfy(r -> assertThat(r.reason()).isEqualTo("NO_REMOTE"));
    }

    @Test
    void aStoppedRunKeepsWhatIsDoneAndSaysThatItIsPartial() throws IOException {
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect())) {
            EvalRunner[] runner = new EvalRunner[1];
            runner[0] = EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(suite.cases(), 1, 1), llm))
                    .progress((done, planned, result, elapsed, left) -> {
                        if (done == 5) {
                            runner[0].stop();
                        }
                    })
                    .build();
            EvalRun run = runner[0].run(suite);
            assertThat(run.partial()).isTrue();
            assertThat(run.results()).hasSize(5);
            assertThat(run.planned()).isEqualTo(12);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
    }
}
