package dev.outrider.slm.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.Golden;
import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;

/** Whole models on the kernels themselves, compiled for the host and run by the fake driver, against the processor's kernels. */
class CudaModelTest {

    @TempDir
    Path directory;

    private FakeDriver fake = FakeDriver.fresh();

    @BeforeEach
    void starts() {
        fake = FakeDriver.fresh();
    }

    @AfterEach
    void gave_everything_back_and_did_nothing_undefined() {
        assertThat(fake.complaint()).isEmpty();
        assertThat(fake.contexts()).isZero();
        assertThat(fake.leftAtRelease()).isLessThanOrEqualTo(0);
    }

    private CudaBackend gpu(CudaOptions options) {
        return new CudaBackend(CudaContext.open(fake.driver(), 0), 0, KernelImages.shipped(), options);
    }

    /** Logits of all positions, read in steps of random length. */
    private static float[][] logits(LanguageModel model, int[] tokens, Random random) {
        float[][] rows = new float[tokens.length][];
        SequenceState state = model.newState(tokens.length);
        int vocabulary = model.vocabularySize();
        for (int from = 0; from < tokens.length; ) {
            int count = Math.min(tokens.length - from, random.nextBoolean() ? 1 : 1 + random.nextInt(40));
            model.step(List.of(new SequenceStep(state, tokens, from, count, null)), new TokenChoice[1]);
            float[] out = new float[count * vocabulary];
            model.logits(0, count, out);
            for (int i = 0; i < count; i++) {
                rows[from + i] = new float[vocabulary];
                System.arraycopy(out, i * vocabulary, rows[from + i], 0, vocabulary);
            }
            from += count;
        }
        state.release();
        return rows;
    }

    /** Largest difference of two rows, relative to the largest value. */
    private static double distance(float[] a, float[] b) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < a.length; i++) {
            difference = Math.max(difference, Math.abs(a[i] - b[i]));
            size = Math.max(size, Math.abs(b[i]));
        }
        return difference / size;
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32-1", "f32-3", "f32-5", "f16", "bf16", "q8_0"})
    void logits_are_those_of_the_processor(String name) {
        long seed = new Random().nextLong();
        int[] tokens = Golden.tokens();
        try (Gguf gguf = Gguf.open(Golden.copy(name + ".gguf", directory));
                Backend processor = new CpuBackend(2);
                CudaBackend gpu = gpu(CudaOptions.exact())) {
            float[][] expected = logits(Architectures.load(gguf, processor), tokens, new Random(seed));
            float[][] actual = logits(Architectures.load(gguf, gpu), tokens, new Random(seed + 1));
            for (int t = 0; t < tokens.length; t++) {
                assertThat(distance(actual[t], expected[t])).as("seed %d, position %d", seed, t).isLessThan(1e-4);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32-2", "q8_0"})
    void with_16_bit_activations_and_cache_the_most_likely_token_is_the_same(String name) {
        int[] tokens = Golden.tokens();
        try (Gguf gguf = Gguf.open(Golden.copy(name + ".gguf", directory));
                Backend processor = new CpuBackend(2);
                CudaBackend gpu = gpu(CudaOptions.standard())) {
            float[][] expected = logits(Architectures.load(gguf, processor), tokens, new Random(1));
            float[][] actual = logits(Architectures.load(gguf, gpu), tokens, new Random(2));
            for (int t = 0; t < tokens.length; t++) {
                assertThat(distance(actual[t], expected[t])).as("position %d", t).isLessThan(5e-3);
                assertThat(Golden.argmax(actual[t])).as("position %d", t).isEqualTo(Golden.argmax(expected[t]));
            }
        }
    }

    /** Reads prompts and writes {@code count} tokens to each, all sequences in one step. */
    private static List<List<TokenChoice>> generate(LanguageModel model, int[][] prompts, int count, float temperature) {
        List<SequenceState> states = new ArrayList<>();
        List<List<TokenChoice>> answers = new ArrayList<>();
        int[][] latest = new int[prompts.length][1];
        for (int i = 0; i < prompts.length; i++) {
            states.add(model.newState(200));
            answers.add(new ArrayList<>());
        }
        TokenChoice[] chosen = new TokenChoice[prompts.length];
        for (int n = 0; n < count; n++) {
            List<SequenceStep> parts = new ArrayList<>();
            for (int i = 0; i < prompts.length; i++) {
                int[] tokens = n == 0 ? prompts[i] : latest[i];
                ChoiceRequest request = new ChoiceRequest(i == 0 ? 0 : temperature, 0.9f, 5 + i, n, mask(model, i, n));
                parts.add(new SequenceStep(states.get(i), tokens, 0, tokens.length, request));
            }
            model.step(parts, chosen);
            for (int i = 0; i < prompts.length; i++) {
                answers.get(i).add(chosen[i]);
                latest[i][0] = chosen[i].token();
            }
        }
        states.forEach(SequenceState::release);
        return answers;
    }

    /** Forbids some tokens to some sequences. */
    private static long[] mask(LanguageModel model, int sequence, int position) {
        long[] mask = new long[Math.ceilDiv(model.vocabularySize(), 64)];
        Random random = new Random(sequence * 1000L + position);
        for (int i = 0; i < mask.length; i++) {
            mask[i] = sequence == 2 ? random.nextLong() : -1;
        }
        return mask;
    }

    @Test
    void a_batch_writes_what_the_processor_writes_with_the_same_evidence() {
        int[][] prompts = {{1, 5, 9, 100, 31}, {2, 3}, {1, 7, 7, 7, 20, 40, 41}, {1, 200, 100}};
        try (Gguf gguf = Gguf.open(Golden.copy("q8_0.gguf", directory));
                Backend processor = new CpuBackend(2);
                CudaBackend gpu = gpu(CudaOptions.exact())) {
            List<List<TokenChoice>> expected = generate(Architectures.load(gguf, processor), prompts, 12, 0.8f);
            List<List<TokenChoice>> actual = generate(Architectures.load(gguf, gpu), prompts, 12, 0.8f);
            for (int i = 0; i < prompts.length; i++) {
                for (int n = 0; n < 12; n++) {
                    TokenChoice a = actual.get(i).get(n);
                    TokenChoice e = expected.get(i).get(n);
                    String where = "sequence " + i + ", token " + n;
                    assertThat(a.token()).as(where).isEqualTo(e.token());
                    assertThat(a.logProbability()).as(where).isCloseTo(e.logProbability(), within(1e-3f));
                    assertThat(a.top2Margin()).as(where).isCloseTo(e.top2Margin(), within(1e-3f));
                    assertThat(a.maskedMass()).as(where).isCloseTo(e.maskedMass(), within(1e-3f));
                }
            }
        }
    }

    @Test
    void decoding_replays_one_graph_and_gives_what_it_gives_without() {
        int[][] prompts = {{1, 5, 9, 100, 31}, {2, 3}};
        try (Gguf gguf = Gguf.open(Golden.copy("f32-2.gguf", directory))) {
            List<List<TokenChoice>> plain;
            try (CudaBackend gpu = gpu(CudaOptions.standard().withGraphs(false))) {
                plain = generate(Architectures.load(gguf, gpu), prompts, 10, 0);
                assertThat(fake.graphLaunches()).isZero();
            }
            fake = FakeDriver.fresh();
            try (CudaBackend gpu = gpu(CudaOptions.standard())) {
                assertThat(generate(Architectures.load(gguf, gpu), prompts, 10, 0)).isEqualTo(plain);
                // the prompt and the first single step run as they are; from the second on there is a graph
                assertThat(fake.graphLaunches()).isEqualTo(8);
            }
        }
    }

    @Test
    void a_restored_state_goes_on_with_the_same_bits() {
        int[] tokens = Golden.tokens();
        try (Gguf gguf = Gguf.open(Golden.copy("f32-4.gguf", directory));
                CudaBackend gpu = gpu(CudaOptions.standard());
                Arena arena = Arena.ofConfined()) {
            LanguageModel model = Architectures.load(gguf, gpu);
            SequenceState state = model.newState(tokens.length);
            model.step(List.of(new SequenceStep(state, tokens, 0, 7, null)), new TokenChoice[1]);
            MemorySegment saved = arena.allocate(model.stateBytes(7));
            model.save(state, saved);
            float[] expected = next(model, state, tokens);

            SequenceState other = model.newState(tokens.length);
            model.step(List.of(new SequenceStep(other, tokens, 3, 20, null)), new TokenChoice[1]);
            model.restore(other, 7, saved);
            MemorySegment again = arena.allocate(model.stateBytes(7));
            model.save(other, again);
            assertThat(again.mismatch(saved)).isEqualTo(-1);
            assertThat(next(model, other, tokens)).isEqualTo(expected);
            assertThat(saved.toArray(ValueLayout.JAVA_BYTE)).isNotEqualTo(new byte[(int) saved.byteSize()]);
        }
    }

    private static float[] next(LanguageModel model, SequenceState state, int[] tokens) {
        model.step(List.of(new SequenceStep(state, tokens, 7, 1, null)), new TokenChoice[1]);
        float[] out = new float[model.vocabularySize()];
        model.logits(0, 1, out);
        return out;
    }
}
