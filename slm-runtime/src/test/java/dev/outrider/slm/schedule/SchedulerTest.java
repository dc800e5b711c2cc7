package dev.outrider.slm.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.EngineBusyException;
import dev.outrider.slm.GeneratedToken;
import dev.outrider.slm.Generation;
import dev.outrider.slm.GenerationOptions;
import dev.outrider.slm.GenerationTimeoutException;
import dev.outrider.slm.Golden;
import dev.outrider.slm.StateMemoryException;
import dev.outrider.slm.TokenConstraint;
import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.state.Boundaries;
import dev.outrider.slm.state.PrefixTree;

@Timeout(120)
class SchedulerTest {

    private static final Limits WIDE = new Limits(64, 1000, 1L << 30);
    private static final int CHUNK = 64;

    @TempDir
    static Path directory;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private Gguf gguf;
    private CpuBackend backend;
    private RecordingModel model;
    private PrefixTree tree;

    @BeforeEach
    void load() {
        gguf = Gguf.open(Golden.copy("f32-2.gguf", directory));
        backend = new CpuBackend(2);
        model = new RecordingModel(Architectures.load(gguf, backend));
        tree = new PrefixTree(32 << 20);
    }

    @AfterEach
    void close() {
        threads.close();
        tree.close();
        backend.close();
        gguf.close();
    }

    private int[] prompt(int tokens) {
        return random.ints(tokens, 0, 288).toArray();
    }

    private static GenerationOptions.Builder options(int tokens) {
        return GenerationOptions.builder().maxTokens(tokens);
    }

    private static int[] ids(Outcome outcome) {
        return outcome.tokens().stream().mapToInt(GeneratedToken::id).toArray();
    }

    private Future<Outcome> submit(Scheduler scheduler, int[] prompt, GenerationOptions options) {
        return threads.submit(() -> scheduler.generate(prompt, options, Set.of()));
    }

    /** The answer when nothing else is running. */
    private int[] alone(int[] prompt, GenerationOptions options) {
        try (Scheduler scheduler = new Scheduler(model, new PrefixTree(0), WIDE)) {
            return ids(scheduler.generate(prompt, options, Set.of()));
        }
    }

    /** Options that hold the scheduler up at every token until the second latch is open. */
    private static GenerationOptions holding(CountDownLatch held, CountDownLatch open, int tokens) {
        return options(tokens)
                .listener(token -> {
                    held.countDown();
                    try {
                        open.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .build();
    }

    @Test
    void everySequenceAnswersInABatchAsItDoesAlone() throws Exception {
        List<int[]> prompts = new ArrayList<>();
        List<GenerationOptions> options = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            prompts.add(prompt(1 + random.nextInt(200)));
            options.add(options(10 + random.nextInt(30)).temperature(i % 3 * 0.7).topP(0.95).seed(i).build());
        }
        List<Future<Outcome>> together = new ArrayList<>();
        try (Scheduler scheduler = new Scheduler(model, tree, WIDE)) {
            for (int i = 0; i < prompts.size(); i++) {
                together.add(submit(scheduler, prompts.get(i), options.get(i)));
            }
            for (Future<Outcome> each : together) {
                each.get();
            }
            scheduler.call(() -> true); // the last step is over
            assertThat(scheduler.stats().running()).isZero();
            assertThat(scheduler.stats().stateBytes()).isZero();
            assertThat(scheduler.stats().finished()).isEqualTo(24);
        }
        assertThat(model.steps.stream().mapToInt(List::size).max().orElse(0)).as("sequences in a step").isGreaterThan(4);
        for (int i = 0; i < prompts.size(); i++) {
            assertThat(ids(together.get(i).get()))
                    .as("seed %d, sequence %d", seed, i)
                    .isEqualTo(alone(prompts.get(i), options.get(i)));
        }
    }

    @Test
    void aPromptHoldsUpThoseThatWriteForNoMoreThanAChunk() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        try (Scheduler scheduler = new Scheduler(model, tree, WIDE)) {
            List<Future<Outcome>> all = new ArrayList<>();
            all.add(submit(scheduler, prompt(3), holding(held, open, 60)));
            held.await();
            for (int i = 0; i < 5; i++) {
                all.add(submit(scheduler, prompt(1000), options(5).build()));
            }
            while (scheduler.stats().waiting() < 5) {
                Thread.onSpinWait();
            }
            open.countDown();
            for (Future<Outcome> each : all) {
                each.get();
            }
        }
        SequenceState writer = model.steps.getFirst().getFirst().state();
        for (List<RecordingModel.Part> step : model.steps.subList(1, 60)) {
            assertThat(step).anyMatch(part -> part.state() == writer && part.count() == 1);
            assertThat(step.stream().filter(part -> part.state() != writer).mapToInt(RecordingModel.Part::count).sum())
                    .isLessThanOrEqualTo(CHUNK);
        }
        // prompts take turns: after five chunks each has had one
        Set<SequenceState> served = new HashSet<>();
        model.steps.subList(1, 6).forEach(step -> step.forEach(part -> served.add(part.state())));
        assertThat(served).hasSize(6);
    }

    @Test
    void requestsAreTakenUpInTheirOrderAndBeyondTheLimitRefused() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        List<Integer> order = new ArrayList<>();
        try (Scheduler scheduler = new Scheduler(model, tree, new Limits(1, 3, 1 << 30))) {
            List<Future<Outcome>> all = new ArrayList<>();
            all.add(submit(scheduler, prompt(3), holding(held, open, 2)));
            held.await();
            for (int i = 0; i < 3; i++) {
                int number = i;
                all.add(submit(scheduler, prompt(3), options(1).listener(token -> order.add(number)).build()));
                while (scheduler.stats().waiting() <= i) {
                    Thread.onSpinWait();
                }
            }
            assertThatExceptionOfType(EngineBusyException.class)
                    .isThrownBy(() -> scheduler.generate(prompt(3), options(1).build(), Set.of()))
                    .withMessageContaining("1 generations are running and 3 requests are waiting")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
            open.countDown();
            for (Future<Outcome> each : all) {
                each.get();
            }
            assertThat(scheduler.generate(prompt(3), options(1).build(), Set.of()).tokens()).hasSize(1);
        }
        assertThat(order).containsExactly(0, 1, 2);
    }

    @Test
    void aTimeLimitEndsARunningAndAWaitingRequestAndNobodyElse() throws Exception {
        try (Scheduler scheduler = new Scheduler(model, tree, new Limits(1, 10, 1 << 30))) {
            AtomicBoolean go = new AtomicBoolean();
            CountDownLatch started = new CountDownLatch(1);
            Future<Outcome> runs = submit(
                    scheduler,
                    prompt(5),
                    options(Integer.MAX_VALUE).listener(token -> started.countDown()).cancelled(go::get).build());
            started.await();
            Future<Outcome> waits = submit(scheduler, prompt(5), options(3).timeLimit(Duration.ofMillis(1)).build());
            Future<Outcome> patient = submit(scheduler, prompt(5), options(3).timeLimit(Duration.ofMinutes(2)).build());
            assertTimeout(waits, 0);
            go.set(true);
            assertThat(runs.get().finish()).isEqualTo(Generation.Finish.CANCELLED);
            assertThat(patient.get().tokens()).hasSize(3);
            Duration short1 = Duration.ofMillis(50);
            assertTimeout(submit(scheduler, prompt(5), options(Integer.MAX_VALUE).timeLimit(short1).build()), 1);
        }
    }

    private static void assertTimeout(Future<Outcome> limited, int leastTokens) {
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(limited::get)
                .withCauseInstanceOf(GenerationTimeoutException.class)
                .withMessageContaining("was not complete after")
                .satisfies(e -> assertThat(e).message().matches(leastTokens == 0 ? ".*\\(0 tokens.*" : ".*\\([1-9].*"));
    }

    @Test
    void closingEndsThoseThatRunAndThoseThatWaitWithACleanError() throws Exception {
        Scheduler scheduler = new Scheduler(model, tree, new Limits(2, 10, 1 << 30));
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        List<Future<Outcome>> all = new ArrayList<>();
        all.add(submit(scheduler, prompt(5), holding(held, open, 4000)));
        held.await();
        for (int i = 0; i < 5; i++) {
            all.add(submit(scheduler, prompt(5), options(4000).build()));
        }
        while (scheduler.stats().waiting() < 5) {
            Thread.onSpinWait();
        }
        Thread closing = Thread.ofPlatform().start(scheduler::close);
        open.countDown();
        closing.join();
        scheduler.close();
        for (Future<Outcome> each : all) {
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(each::get)
                    .withCauseInstanceOf(IllegalStateException.class)
                    .withMessageContaining("the engine is closed");
        }
        assertThatIllegalStateException().isThrownBy(() -> scheduler.generate(prompt(1), options(1).build(), Set.of()));
        assertThatIllegalStateException().isThrownBy(() -> scheduler.call(() -> 1));
    }

    @Test
    void aListenerMayCloseTheEngine() {
        Scheduler scheduler = new Scheduler(model, tree, WIDE);
        GenerationOptions closing = options(100).listener(token -> scheduler.close()).build();
        assertThatIllegalStateException()
                .isThrownBy(() -> scheduler.generate(prompt(3), closing, Set.of()))
                .withMessageContaining("closed");
    }

    @Test
    void whatACallbackThrowsEndsItsOwnSequenceOnly() throws Exception {
        int[] prompt = prompt(10);
        try (Scheduler scheduler = new Scheduler(model, tree, WIDE)) {
            Future<Outcome> good = submit(scheduler, prompt, options(50).build());
            List<GenerationOptions> bad = List.of(
                    options(50).listener(token -> fail("listener")).build(),
                    options(50).stopAfter(id -> fail("stop")).build(),
                    options(50).cancelled(() -> fail("cancelled")).build());
            for (GenerationOptions each : bad) {
                assertThatIllegalStateException()
                        .isThrownBy(() -> scheduler.generate(prompt, each, Set.of()))
                        .withMessageContaining("mine");
            }
            assertThat(ids(good.get())).isEqualTo(alone(prompt, options(50).build()));
        }
    }

    private static boolean fail(String what) {
        throw new IllegalStateException("mine: " + what);
    }

    @Test
    void aStepThatFailsEndsItsSequencesAndTheNextOnesRun() {
        try (Scheduler scheduler = new Scheduler(model, tree, WIDE)) {
            model.broken = true;
            assertThatExceptionOfType(ArithmeticException.class)
                    .isThrownBy(() -> scheduler.generate(prompt(3), options(3).build(), Set.of()));
            model.broken = false;
            assertThat(scheduler.generate(prompt(3), options(3).build(), Set.of()).tokens()).hasSize(3);
        }
    }

    @Test
    void anInterruptOfTheWaitingThreadCancelsAndIsKept() throws Exception {
        try (Scheduler scheduler = new Scheduler(model, tree, WIDE)) {
            CountDownLatch started = new CountDownLatch(1);
            CompletableFuture<Boolean> kept = new CompletableFuture<>();
            CompletableFuture<Outcome> outcome = new CompletableFuture<>();
            int[] prompt = prompt(3);
            GenerationOptions endless = options(Integer.MAX_VALUE)
                    .listener(token -> {
                        started.countDown();
                        Thread.yield();
                    })
                    .build();
            Thread caller = Thread.ofPlatform().start(() -> {
                Outcome last = scheduler.generate(prompt, endless, Set.of());
                while (last.finish() != Generation.Finish.CANCELLED) {
                    last = scheduler.generate(prompt, endless, Set.of());
                }
                outcome.complete(last);
                kept.complete(Thread.currentThread().isInterrupted());
            });
            started.await();
            caller.interrupt();
            assertThat(outcome.get().finish()).isEqualTo(Generation.Finish.CANCELLED);
            assertThat(kept.get()).isTrue();
        }
    }

    @Test
    void statesTakeNoMoreMemoryThanTheyMay() throws Exception {
        long two = 2 * model.stateBytes(120);
        AtomicBoolean exceeded = new AtomicBoolean();
        List<int[]> prompts = new ArrayList<>();
        List<Future<Outcome>> all = new ArrayList<>();
        try (Scheduler scheduler = new Scheduler(model, tree, new Limits(64, 100, two))) {
            GenerationOptions options = options(20)
                    .listener(token -> {
                        if (scheduler.stats().stateBytes() > two) {
                            exceeded.set(true);
                        }
                    })
                    .build();
            for (int i = 0; i < 10; i++) {
                prompts.add(prompt(100));
                all.add(submit(scheduler, prompts.getLast(), options));
            }
            for (Future<Outcome> each : all) {
                each.get();
            }
            assertThat(exceeded).isFalse();
            // an answer ends where the memory does
            Outcome cut = scheduler.generate(prompt(100), options(100_000).build(), Set.of());
            assertThat(cut.finish()).isEqualTo(Generation.Finish.LENGTH);
            assertThat(model.stateBytes(100 + cut.tokens().size())).isLessThanOrEqualTo(two);
            assertThat(model.stateBytes(101 + cut.tokens().size())).isGreaterThan(two);
            assertThatExceptionOfType(StateMemoryException.class)
                    .isThrownBy(() -> scheduler.generate(prompt(2000), options(1).build(), Set.of()))
                    .withMessageContaining("the state of 2001 tokens takes")
                    .withMessageContaining("" + two);
        }
        assertThat(model.steps.stream().mapToInt(List::size).max().orElse(0)).isEqualTo(2);
        for (int i = 0; i < 10; i++) {
            assertThat(ids(all.get(i).get())).as("seed %d", seed).isEqualTo(alone(prompts.get(i), options(20).build()));
        }
    }

    @Test
    void reusedPrefixesChangeNoAnswerAndAreReadOnce() {
        int[] preamble = prompt(300);
        try (Scheduler scheduler = new Scheduler(model, tree, WIDE)) {
            int[] conversation = preamble;
            int known = 0;
            for (int turn = 0; turn < 5; turn++) {
                int[] prompt = joined(conversation, prompt(20 + random.nextInt(100)));
                int[] ending = joined(prompt, prompt(3));
                Boundaries boundaries = new Boundaries(300, prompt.length);
                GenerationOptions options = options(15).temperature(1).seed(turn).reuse(boundaries).build();
                Outcome outcome = scheduler.generate(ending, options, Set.of());
                assertThat(outcome.reusedTokens()).as("turn %d", turn).isEqualTo(known);
                assertThat(ids(outcome))
                        .as("seed %d, turn %d", seed, turn)
                        .isEqualTo(alone(ending, options(15).temperature(1).seed(turn).build()));
                // once it goes on with its own answer, once with another model's
                boolean own = turn % 2 == 0;
                conversation = joined(ending, own ? ids(outcome) : prompt(30));
                known = own ? conversation.length - 1 : prompt.length;
            }
            assertThat(scheduler.generate(
                                    joined(preamble, prompt(10)), options(1).reuse(Boundaries.NONE).build(), Set.of())
                            .reusedTokens())
                    .isEqualTo(300);
        }
    }

    private static int[] joined(int[] a, int[] b) {
        int[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    /** Even tokens only; after the first one four that are given; seven in all. */
    private static final class EvenTokens implements TokenConstraint {
        private final int[] forced;
        private final List<Integer> taken = new ArrayList<>();

        EvenTokens(int... forced) {
            this.forced = forced;
        }

        @Override
        public long @Nullable [] mask(int remaining) {
            assertThat(remaining).isEqualTo(8 - taken.size());
            long[] even = new long[5];
            Arrays.fill(even, 0x5555555555555555L);
            return even;
        }

        @Override
        public int[] forced() {
            return taken.size() == 1 ? forced : new int[0];
        }

        @Override
        public void accept(int token) {
            taken.add(token);
        }

        @Override
        public boolean isOver() {
            return taken.size() == 7;
        }
    }

    @Test
    void aConstraintIsObeyedAndForcedTokensAreReadTogether() {
        int[] forced = {7, 8, 9, 10};
        Outcome outcome;
        try (Scheduler scheduler = new Scheduler(model, tree, WIDE)) {
            GenerationOptions options = options(8).temperature(1).seed(3).constraint(new EvenTokens(forced)).build();
            outcome = scheduler.generate(prompt(5), options, Set.of());
        }
        int[] ids = ids(outcome);
        assertThat(outcome.finish()).isEqualTo(Generation.Finish.STOP);
        assertThat(ids).hasSize(7);
        assertThat(Arrays.copyOfRange(ids, 1, 5)).isEqualTo(forced);
        for (int i : new int[] {0, 5, 6}) {
            assertThat(ids[i] % 2).isZero();
            assertThat(outcome.tokens().get(i).maskedMass()).isBetween(0.0, 1.0).isNotZero();
        }
        assertThat(outcome.tokens().get(2).logProbability()).isZero();
        assertThat(model.steps.stream().map(step -> step.getFirst().count()).toList()).containsExactly(5, 5, 1);
    }
}
