package dev.outrider.slm.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.Golden;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;

/** What becomes of a model when the GPU is full, fails, or is taken away. */
class CudaFaultTest {

    private static final int OUT_OF_MEMORY = 2;
    private static final int ILLEGAL_ADDRESS = 700;
    private static final int[] RESULTS = {OUT_OF_MEMORY, 800, ILLEGAL_ADDRESS, 999};

    @TempDir
    Path directory;

    private FakeDriver fake = FakeDriver.fresh();

    @BeforeEach
    void starts() {
        fake = FakeDriver.fresh().withoutKernels();
    }

    @AfterEach
    void gave_everything_back_and_did_nothing_undefined() {
        assertThat(fake.complaint()).isEmpty();
        assertThat(fake.contexts()).isZero();
    }

    private CudaBackend gpu() {
        return new CudaBackend(CudaContext.open(fake.driver(), 0), 0, KernelImages.shipped(), CudaOptions.standard());
    }

    private static void step(LanguageModel model, SequenceState state, int count) {
        ChoiceRequest greedy = ChoiceRequest.GREEDY;
        model.step(List.of(new SequenceStep(state, new int[count], 0, count, greedy)), new TokenChoice[1]);
    }

    /** Loads, reads, writes, saves and restores. */
    private void scenario(Gguf gguf) {
        try (CudaBackend gpu = gpu();
                Arena arena = Arena.ofConfined()) {
            LanguageModel model = Architectures.load(gguf, gpu);
            SequenceState state = model.newState(1000);
            step(model, state, 20);
            for (int i = 0; i < 3; i++) {
                step(model, state, 1);
            }
            model.logits(0, 1, new float[model.vocabularySize()]);
            MemorySegment saved = arena.allocate(model.stateBytes(state.position()));
            model.save(state, saved);
            SequenceState other = model.newState(1000);
            model.restore(other, 23, saved);
            other.release();
            state.release();
        }
    }

    @Test
    void whichever_call_fails_the_error_is_typed_and_nothing_is_kept() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (Gguf gguf = Gguf.open(Golden.copy("f32-1.gguf", directory))) {
            scenario(gguf);
            long calls = fake.calls();
            int failed = 0;
            for (int round = 0; round < 150; round++) {
                int result = RESULTS[round % RESULTS.length];
                long n = 1 + random.nextLong(calls);
                String where = "seed " + seed + ", call " + n + " of " + calls + " gives " + result;
                fake = FakeDriver.fresh().withoutKernels().fail(n, result);
                try {
                    scenario(gguf);
                } catch (CudaException e) {
                    failed++;
                    assertThat(e.code()).as(where).isEqualTo(result);
                    assertThat(e.getMessage()).as(where).doesNotContain("\n");
                }
                assertThat(fake.contexts()).as(where).isZero();
                boolean lost = result == ILLEGAL_ADDRESS || result == 999;
                assertThat(lost ? 0 : fake.leftAtRelease()).as(where).isLessThanOrEqualTo(0);
                assertThat(fake.complaint()).as(where).isEmpty();
            }
            assertThat(failed).as("seed %d", seed).isGreaterThan(100);
        }
    }

    @Test
    void when_memory_runs_out_in_a_step_nothing_has_happened_and_smaller_ones_go_on() {
        try (Gguf gguf = Gguf.open(Golden.copy("f32-1.gguf", directory));
                CudaBackend gpu = gpu();
                Arena arena = Arena.ofConfined()) {
            LanguageModel model = Architectures.load(gguf, gpu);
            SequenceState state = model.newState(4000);
            step(model, state, 200);
            MemorySegment before = arena.allocate(model.stateBytes(200));
            model.save(state, before);
            fake.heldByOthers((1L << 30) - fake.used() - 4096); // another process took the rest

            assertThatThrownBy(() -> step(model, state, 1500))
                    .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.outOfMemory()).isTrue())
                    .hasMessageContaining("needs")
                    .hasMessageContaining("are free");
            assertThat(state.position()).isEqualTo(200);
            MemorySegment after = arena.allocate(model.stateBytes(200));
            model.save(state, after);
            assertThat(after.mismatch(before)).isEqualTo(-1);

            step(model, state, 1);
            fake.heldByOthers(0);
            step(model, state, 1500);
            assertThat(state.position()).isEqualTo(1701);
        }
        assertThat(fake.leftAtRelease()).isZero();
    }

    @Test
    void a_gpu_taken_away_in_the_middle_fails_every_further_step_and_can_be_closed() {
        try (Gguf gguf = Gguf.open(Golden.copy("f32-1.gguf", directory));
                CudaBackend gpu = gpu()) {
            LanguageModel model = Architectures.load(gguf, gpu);
            SequenceState state = model.newState(1000);
            step(model, state, 1);
            fake.fail("cuStreamSynchronize", 1, ILLEGAL_ADDRESS);
            assertThatThrownBy(() -> step(model, state, 1))
                    .isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.deviceLost()).isTrue());
            assertThatThrownBy(() -> step(model, state, 1))
                    .isInstanceOf(CudaException.class)
                    .hasMessageContaining("the GPU was lost earlier");
            state.release();
        }
    }

    @Test
    void a_step_that_fails_between_its_launches_spoils_its_sequence_and_no_other() {
        try (Gguf gguf = Gguf.open(Golden.copy("f32-1.gguf", directory));
                CudaBackend gpu = gpu()) {
            LanguageModel model = Architectures.load(gguf, gpu);
            SequenceState state = model.newState(1000);
            SequenceState other = model.newState(1000);
            step(model, other, 5);
            fake.fail("cuLaunchKernelEx", 9, 801);
            assertThatThrownBy(() -> step(model, state, 30)).isInstanceOf(CudaException.class);
            assertThatThrownBy(() -> step(model, state, 30))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("lost when a step failed half-way");
            step(model, other, 1);
        }
    }
}
