package dev.outrider.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.bench.gpu.Llama.LlamaException;

/** The direct calls of llama.cpp, on the processor with a small random model. */
class LlamaContextTest {

    /** Relative to the largest logit; the two ways add in another order. */
    private static final double TOLERANCE = 1e-5;

    @TempDir
    Path directory;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private Llama llama;
    private MemorySegment model;

    @BeforeEach
    void loads() throws IOException {
        llama = Llama.open(LlamaLibraries.needed());
        Path file = directory.resolve("model.gguf");
        SyntheticModel.write(file, Shapes.TINY, Shapes.Format.BF16, seed, true);
        model = llama.model(file, false);
    }

    private LlamaContext context(int sequences, int positions) {
        return new LlamaContext(llama, model, new LlamaContext.Size(sequences, positions, 256, 256, 2, true));
    }

    private int[] tokens(int count) {
        return random.ints(count, 0, llama.vocabulary(model)).toArray();
    }

    @Test
    void a_batch_of_sequences_gives_each_what_it_gets_alone() {
        int sequences = 5;
        int[] past = tokens(30);
        int[] next = tokens(sequences);
        float[][] together = new float[sequences][];
        try (LlamaContext context = context(sequences, 256)) {
            context.read(0, past, 0);
            for (int i = 1; i < sequences; i++) {
                context.copy(0, i);
            }
            context.step(next, past.length);
            Arrays.setAll(together, context::logits);
        }
        for (int i = 0; i < sequences; i++) {
            try (LlamaContext context = context(1, 256)) {
                int[] all = Arrays.copyOf(past, past.length + 1);
                all[past.length] = next[i];
                context.read(0, all, 0);
                assertThat(Truth.distance(together[i], context.logits(past.length)))
                        .as("seed %d, sequence %d", seed, i)
                        .isLessThan(TOLERANCE);
            }
        }
    }

    @Test
    void a_sequence_goes_on_from_its_saved_state() {
        int[] past = tokens(40);
        try (LlamaContext context = context(2, 256);
                Arena arena = Arena.ofConfined()) {
            context.read(0, past, 0);
            MemorySegment state = context.save(0, arena);
            context.step(new int[] {7}, past.length);
            float[] expected = context.logits(0);
            context.restore(1, state);
            context.read(1, new int[] {7}, past.length);
            assertThat(Truth.distance(context.logits(0), expected)).as("seed %d", seed).isLessThan(TOLERANCE);
        }
    }

    @Test
    void a_past_made_longer_is_one_that_llama_cpp_takes_and_writes_again() {
        int[] past = tokens(100);
        try (LlamaContext context = new LlamaContext(
                        llama, model, new LlamaContext.Size(3, 4096, 256, 256, 2, false));
                Arena arena = Arena.ofConfined()) {
            context.read(0, past, 0);
            MemorySegment state = context.save(0, arena);
            assertThat(LongPast.of(state, past.length, arena).mismatch(state)).isEqualTo(-1);

            MemorySegment longer = LongPast.of(state, 3777, arena);
            context.clear();
            context.restore(0, longer);
            assertThat(context.last(0)).isEqualTo(3776);
            assertThat(context.save(0, arena).mismatch(longer)).isEqualTo(-1);
            context.copy(0, 1);
            context.copy(0, 2);
            context.step(new int[] {1, 1, 2}, 3777);
            assertThat(context.last(2)).isEqualTo(3777);
            assertThat(context.logits(1)).isEqualTo(context.logits(0)).isNotEqualTo(context.logits(2));
        }
    }

    @Test
    void keys_that_are_repeated_give_the_attention_of_those_that_are_there_once() {
        // attention over the same keys and values twice is attention over them once: the mean does not change
        int[] past = tokens(64);
        try (LlamaContext context = new LlamaContext(
                        llama, model, new LlamaContext.Size(1, 256, 256, 256, 2, false));
                Arena arena = Arena.ofConfined()) {
            context.read(0, past, 0);
            MemorySegment state = context.save(0, arena);
            float[] once = firstAfter(context, LongPast.of(state, 64, arena), 64);
            float[] twice = firstAfter(context, LongPast.of(state, 128, arena), 128);
            // but for the new token's own key, which is one of 65 or of 129
            assertThat(Truth.distance(twice, once)).as("seed %d", seed).isCloseTo(0, within(0.1));
        }
    }

    private static float[] firstAfter(LlamaContext context, MemorySegment state, int position) {
        context.clear();
        context.restore(0, state);
        context.step(new int[] {5}, position);
        return context.logits(0);
    }

    @Test
    void what_llama_cpp_cannot_do_is_an_error_of_one_line() {
        assertThatThrownBy(() -> context(1000, 256))
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining("1000 x 256")
                .message()
                .doesNotContain("\n");
        assertThatThrownBy(() -> llama.model(directory.resolve("none.gguf"), false)).isInstanceOf(LlamaException.class);
        try (LlamaContext context = context(1, 256);
                Arena arena = Arena.ofConfined()) {
            MemorySegment nonsense = arena.allocate(64, 8);
            assertThatThrownBy(() -> LongPast.of(nonsense, 10, arena)).isInstanceOf(LlamaException.class);
            MemorySegment cut = arena.allocateFrom(ValueLayout.JAVA_INT, 1, 0, 1, 20, 0, 1);
            assertThatThrownBy(() -> LongPast.of(cut, 30, arena))
                    .isInstanceOf(LlamaException.class)
                    .hasMessageContaining("another one");
            context.read(0, new int[] {1, 2}, 0);
            assertThatThrownBy(() -> context.step(new int[] {1}, 77)).isInstanceOf(LlamaException.class);
        }
    }
}
