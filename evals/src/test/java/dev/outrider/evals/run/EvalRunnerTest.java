package dev.outrider.evals.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.evals.Shop;
import dev.outrider.evals.llm.ScriptedSlm;
import dev.outrider.evals.llm.SimulatedLlm;
import dev.outrider.evals.llm.SimulatedLlmBehaviour;
import dev.outrider.evals.suite.Suite;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.ledger.InMemoryLedger;
import dev.outrider.router.ledger.JsonLinesLedger;
import dev.outrider.router.ledger.LedgerReader;
import dev.outrider.router.policy.PolicyInForce;

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

    @Test
    void howManyCasesRunAtOnceChangesNoResult() throws IOException {
        SimulatedLlmBehaviour moody = SimulatedLlmBehaviour.builder().wrongRate(0.4).jitter(Duration.ofMillis(5)).seed(3).build();
        List<List<Tuple>> outcomes = new ArrayList<>();
        for (int concurrency : List.of(1, 2, 8)) {
            try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), moody)) {
                EvalRun run = EvalRunner.builder()
                        .model(Runs.cascade(new ScriptedSlm(suite.cases(), 0.4, 7), llm))
                        .concurrency(concurrency)
                        .build()
                        .run(suite);
                outcomes.add(run.results().stream().map(r -> tuple(r.caseId(), r.route(), r.right(), r.answer(), r.local())).toList());
            }
        }
        assertThat(outcomes.get(1)).isEqualTo(outcomes.get(0)).hasSize(12);
        assertThat(outcomes.get(2)).isEqualTo(outcomes.get(0));
    }

    @Test
    void casesRunAtTheSameTime() throws IOException {
        SimulatedLlmBehaviour slow = SimulatedLlmBehaviour.builder().latency(Duration.ofMillis(50)).build();
        AtomicInteger atWork = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), slow)) {
            ChatModel cascade = Runs.cascade(new ScriptedSlm(suite.cases(), 0, 7), llm);
            ChatModel counted = new ChatModel() {
                @Override
                public ChatResponse chat(ChatRequest request, ChatRequestOptions options) {
                    most.accumulateAndGet(atWork.incrementAndGet(), Math::max);
                    try {
                        return cascade.chat(request, options);
                    } finally {
                        atWork.decrementAndGet();
                    }
                }
            };
            EvalRunner.builder().model(counted).concurrency(4).build().run(suite);
        }
        assertThat(most).hasValueBetween(2, 4);
    }

    @Test
    void theMoneyLimitHoldsAndARerunWithMoreMoneyEndsTheRun(@TempDir Path folder) throws IOException {
        Suite many = suite.repeated(10);
        try (SimulatedLlm llm = SimulatedLlm.start(many.cases(), SimulatedLlmBehaviour.perfect())) {
            MoneyLimit limit = MoneyLimit.ofUsd(new BigDecimal("0.08"));
            EvalRun stopped = paidRun(folder, many, llm, limit);
            long spent = spent(folder);
            assertThat(stopped.partial()).isTrue();
            assertThat(stopped.results()).isNotEmpty().hasSizeLessThan(many.cases().size())
                    .noneMatch(r -> "BUDGET_EXHAUSTED".equals(r.reason()));
            assertThat(stopped.stopReason()).contains("the money limit of $0.08", "--max-usd");
            assertThat(spent).isPositive().isLessThanOrEqualTo(limit.microUsd());

            EvalRun again = paidRun(folder, many, llm, limit);
            assertThat(again.partial()).isTrue();
            assertThat(spent(folder)).as("all starts together").isBetween(spent, limit.microUsd());

            EvalRun whole = paidRun(folder, many, llm, MoneyLimit.ofUsd(new BigDecimal("5")));
            assertThat(whole.partial()).isFalse();
            assertThat(whole.stopReason()).isEmpty();
            assertThat(whole.results()).hasSize(120).noneMatch(r -> "BUDGET_EXHAUSTED".equals(r.reason()));
        }
    }

    @Test
    void whatTheLedgerKnowsIsNotPaidForAgain(@TempDir Path folder) throws IOException {
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), SimulatedLlmBehaviour.perfect())) {
            MoneyLimit limit = MoneyLimit.ofUsd(new BigDecimal("5"));
            EvalRun first = paidRun(folder, suite, llm, limit);
            assertThat(first.results()).as("a malformed answer that was paid for").anySatisfy(r -> {
                assertThat(r.reason()).isEqualTo("REMOTE_FAILED");
                assertThat(Objects.requireNonNull(r.record()).cost().remoteMicroUsd()).isPositive();
            });
            long requests = llm.requests();
            Path results = folder.resolve("results.jsonl");
            List<String> lines = Files.readAllLines(results);
            // as a process leaves it that is killed between the ledger's line and the result's
            Files.write(results, lines.stream().filter(line -> !ResultLines.isResult(line)).toList());

            EvalRun again = paidRun(folder, suite, llm, limit);
            assertThat(llm.requests()).isEqualTo(requests);
            assertThat(again.results().stream().map(r -> r.caseId() + r.route() + r.reason() + r.right() + r.answer()))
                    .containsExactlyElementsOf(
                            first.results().stream().map(r -> r.caseId() + r.route() + r.reason() + r.right() + r.answer()).toList());
        }
    }

    private static EvalRun paidRun(Path folder, Suite suite, SimulatedLlm llm, MoneyLimit limit) {
        RunInfo info = new RunInfo("shop", RunInfo.Mode.SUITE, "scripted-slm", RunInfo.Llm.real("paid-llm"), Runs.policy(), 1);
        Path file = folder.resolve("ledger.jsonl");
        try (RunLog log = RunLog.open(folder.resolve("results.jsonl"), RunIdentity.of(info, suite.cases()), Instant.now(), false);
                JsonLinesLedger ledger = JsonLinesLedger.open(file)) {
            Recovery recovery = Recovery.of(file, null, log);
            PolicyInForce policy = limit.in(PolicyInForce.of(Runs.policy()), recovery.spentMicroUsd());
            return EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(suite.cases(), 0, 1), llm, log.watch(ledger), policy))
                    .log(log)
                    .recovery(recovery)
                    .limit(limit)
                    .concurrency(4)
                    .build()
                    .run(suite);
        }
    }

    private static long spent(Path folder) {
        try (Stream<DecisionRecord> records = LedgerReader.of(folder.resolve("ledger.jsonl")).records()) {
            return records.mapToLong(r -> r.cost().totalMicroUsd()).sum();
        }
    }

    @Test
    void anLlmThatDiesAtCase900EndsTheRunAndTheNextStartGoesOnThere(@TempDir Path folder) throws IOException {
        Suite many = suite.repeated(84);
        SimulatedLlm llm = SimulatedLlm.start(many.cases(), SimulatedLlmBehaviour.perfect());
        EvalRun stopped = mortalRun(folder, many, llm, (done, planned, result, elapsed, left) -> {
            if (done == 900) {
                llm.close();
            }
        });
        assertThat(stopped.partial()).isTrue();
        assertThat(stopped.stopReason()).startsWith("the LLM failed 5 times in a row (").contains("a rerun goes on with these queries");
        assertThat(stopped.results()).hasSizeBetween(900, 930);
        assertThat(stopped.results().stream().filter(EvalRunnerTest::unreachable).map(r -> r.caseId() + " " + r.detail())).isEmpty();
        try (SimulatedLlm risen = SimulatedLlm.start(many.cases(), SimulatedLlmBehaviour.perfect())) {
            EvalRun whole = mortalRun(folder, many, risen, Progress.NONE);
            assertThat(whole.partial()).isFalse();
            assertThat(whole.results()).hasSize(1008).noneMatch(EvalRunnerTest::unreachable);
            // a malformed answer is asked for once more
            assertThat(risen.requests()).isBetween(1L, 2L * (1008 - 900));
        }
    }

    /** Whether the LLM could not be reached; a gold answer that breaks its schema is refused after a repair in vain. */
    private static boolean unreachable(QueryResult r) {
        return "REMOTE_FAILED".equals(r.reason()) && !r.detail().contains("no recorded answer");
    }

    private static EvalRun mortalRun(Path folder, Suite suite, SimulatedLlm llm, Progress progress) {
        RunInfo info = new RunInfo("shop", RunInfo.Mode.SUITE, "scripted-slm", RunInfo.Llm.real("mortal"), Runs.policy(), 1);
        try (RunLog log = RunLog.open(folder.resolve("results.jsonl"), RunIdentity.of(info, suite.cases()), Instant.now(), false)) {
            return EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(suite.cases(), 0, 1), llm, log.watch(new InMemoryLedger())))
                    .log(log)
                    .stopAfterFailures(5)
                    .concurrency(2)
                    .progress(progress)
                    .build()
                    .run(suite);
        }
    }

    @Test
    void failuresOfTheLlmThatAreFollowedByAnAnswerStand() throws IOException {
        SimulatedLlmBehaviour flaky = SimulatedLlmBehaviour.builder().failRate(0.9).failStatus(400).seed(5).build();
        try (SimulatedLlm llm = SimulatedLlm.start(suite.cases(), flaky)) {
            EvalRun run = EvalRunner.builder()
                    .model(Runs.cascade(new ScriptedSlm(suite.cases(), 0, 1), llm))
                    .stopAfterFailures(100)
                    .build()
                    .run(suite);
            assertThat(run.partial()).isFalse();
            assertThat(run.results()).hasSize(12);
            assertThat(run.results()).filteredOn(r -> r.route() == Route.REFUSED).isNotEmpty();
        }
    }
}
