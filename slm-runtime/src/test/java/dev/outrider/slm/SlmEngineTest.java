package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlmEngineTest {

    private static final int[] PROMPT = {72, 105, 30, 17, 44};

    @TempDir
    static Path directory;

    private SlmEngine engine;

    @BeforeEach
    void load() {
        engine = SlmEngine.load(Golden.copy("f32-2.gguf", directory), 2);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static GenerationOptions.Builder endless(int tokens) {
        return GenerationOptions.builder().maxTokens(tokens).stopTokens(Set.of());
    }

    @Test
    void it_says_what_was_loaded() {
        ModelInfo info = engine.info();
        assertThat(info.architecture()).isEqualTo("nemotron_h");
        assertThat(info.pattern()).isEqualTo("M-M*M*-");
        assertThat(info.layers()).isEqualTo(7);
        assertThat(info.parameters()).isEqualTo(80_484);
        assertThat(info.tensorTypes()).containsExactlyEntriesOf(Map.of("F32", 46));
        assertThat(info.vocabularySize()).isEqualTo(288);
        assertThat(info.licence()).isNull();
        assertThat(engine.endTokens()).containsExactly(2);
    }

    @Test
    void greedy_takes_the_most_likely_token_each_time() {
        Generation generation = engine.generate(PROMPT, endless(10).build());
        assertThat(generation.finish()).isEqualTo(Generation.Finish.LENGTH);
        assertThat(generation.promptTokens()).isEqualTo(PROMPT.length);
        assertThat(generation.text()).isEqualTo(engine.tokenizer().decode(generation.ids()));
        int[] text = Arrays.copyOf(PROMPT, PROMPT.length + 10);
        System.arraycopy(generation.ids(), 0, text, PROMPT.length, 10);
        float[][] logits = Golden.logits(engine, text);
        for (int i = 0; i < 10; i++) {
            float[] row = logits[PROMPT.length - 1 + i];
            GeneratedToken token = generation.tokens().get(i);
            assertThat(token.id()).isEqualTo(Golden.argmax(row));
            double sum = 0;
            for (float logit : row) {
                sum += Math.exp(logit);
            }
            assertThat(token.logProbability()).isCloseTo(row[token.id()] - Math.log(sum), within(1e-4));
            float[] sorted = row.clone();
            Arrays.sort(sorted);
            double margin = (Math.exp(sorted[287]) - Math.exp(sorted[286])) / sum;
            assertThat(token.top2Margin()).isCloseTo(margin, within(1e-4));
            assertThat(token.seconds()).isPositive();
        }
    }

    @Test
    void the_same_seed_gives_the_same_tokens_and_another_seed_others() {
        GenerationOptions.Builder options = endless(20).temperature(1).topP(0.9);
        int[] first = engine.generate(PROMPT, options.seed(5).build()).ids();
        assertThat(engine.generate(PROMPT, options.seed(5).build()).ids()).isEqualTo(first);
        assertThat(engine.generate(PROMPT, options.seed(6).build()).ids()).isNotEqualTo(first);
    }

    @Test
    void a_stop_token_ends_the_generation_and_is_its_last_token() {
        int[] free = engine.generate(PROMPT, endless(10).build()).ids();
        int stop = free[3];
        int first = List.of(free[0], free[1], free[2], stop).indexOf(stop);
        Generation generation =
                engine.generate(PROMPT, endless(10).stopTokens(Set.of(stop)).build());
        assertThat(generation.finish()).isEqualTo(Generation.Finish.STOP);
        assertThat(generation.ids()).isEqualTo(Arrays.copyOf(free, first + 1));
        assertThat(engine.generate(PROMPT, endless(10).stopAfter(id -> id == stop).build()).ids())
                .isEqualTo(generation.ids());
    }

    @Test
    void a_cancelled_generation_ends_before_the_next_token() {
        AtomicInteger told = new AtomicInteger();
        Generation generation = engine.generate(
                PROMPT,
                endless(100).listener(token -> told.incrementAndGet()).cancelled(() -> told.get() == 3).build());
        assertThat(generation.finish()).isEqualTo(Generation.Finish.CANCELLED);
        assertThat(generation.tokens()).hasSize(3);
    }

    @Test
    void a_long_prompt_is_cancelled_between_its_chunks() {
        AtomicInteger asked = new AtomicInteger();
        Generation generation = engine.generate(
                new int[1000], endless(1).cancelled(() -> asked.incrementAndGet() == 3).build());
        assertThat(generation.finish()).isEqualTo(Generation.Finish.CANCELLED);
        assertThat(generation.tokens()).isEmpty();
        assertThat(asked).hasValue(3);
    }

    @Test
    void a_prompt_that_leaves_no_room_is_refused_before_any_work() {
        assertThatExceptionOfType(ContextLengthException.class)
                .isThrownBy(() -> engine.generate(new int[4096], endless(1).build()))
                .withMessageContaining("4097")
                .withMessageContaining("4096")
                .satisfies(e -> assertThat(e.limit()).isEqualTo(4096));
        assertThatExceptionOfType(ContextLengthException.class)
                .isThrownBy(() -> engine.logits(new int[4097], (position, logits) -> {}));
    }

    @Test
    void a_generation_ends_where_the_context_does() {
        int[] prompt = new int[4090];
        Generation generation = engine.generate(prompt, endless(100).build());
        assertThat(generation.finish()).isEqualTo(Generation.Finish.LENGTH);
        assertThat(generation.tokens()).hasSize(6);
    }

    @Test
    void tokens_outside_the_vocabulary_are_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> engine.generate(new int[] {1, 288}, endless(1).build()))
                .withMessageContaining("token 1 is 288");
        assertThatIllegalArgumentException().isThrownBy(() -> engine.logits(new int[] {-1}, (position, logits) -> {}));
        assertThatIllegalArgumentException().isThrownBy(() -> engine.logits(new int[0], (position, logits) -> {}));
    }

    @Test
    void generations_side_by_side_answer_as_they_do_alone() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<int[]> prompts = new ArrayList<>();
        List<int[]> alone = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int[] prompt = random.ints(1 + random.nextInt(150), 0, 288).toArray();
            prompts.add(prompt);
            alone.add(engine.generate(prompt, options(i)).ids());
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<int[]>> answers = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                int index = i;
                answers.add(threads.submit(
                        () -> engine.generate(prompts.get(index), options(index)).ids()));
            }
            for (int i = 0; i < prompts.size(); i++) {
                assertThat(answers.get(i).get()).as("seed %d, prompt %d", seed, i).isEqualTo(alone.get(i));
            }
        }
    }

    private static GenerationOptions options(int i) {
        return endless(15 + i).temperature(i % 2).topP(0.95).seed(i).build();
    }

    @Test
    void a_closed_engine_says_so() {
        engine.close();
        engine.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> engine.generate(PROMPT, endless(1).build()))
                .withMessageContaining("closed");
    }

    @Test
    void a_listener_that_throws_leaves_the_engine_usable() {
        assertThatIllegalStateException().isThrownBy(() -> engine.generate(
                PROMPT,
                endless(3)
                        .listener(token -> {
                            throw new IllegalStateException("mine");
                        })
                        .build()));
        assertThat(engine.generate(PROMPT, endless(3).build()).tokens()).hasSize(3);
    }
}
