package dev.outrider.slm.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.Golden;
import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.Gguf;

/** What a sequence computes does not depend, in a single bit, on how it is cut into steps or who shares them. */
class SplitTest {

    private static final int CHUNK = 64;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"f32-2", "f32-3", "f32-5", "q8_0", "bf16", "f16", "llama"})
    void every_split_of_a_prompt_in_two_gives_the_same_bits(String name) {
        int[] tokens = Golden.tokens();
        try (Gguf gguf = Gguf.open(Golden.copy(name + ".gguf", directory));
                CpuBackend backend = new CpuBackend(2)) {
            LanguageModel model = Architectures.load(gguf, backend);
            float[] whole = last(model, tokens, tokens.length);
            for (int split = 1; split < tokens.length; split++) {
                assertThat(last(model, tokens, split, tokens.length - split))
                        .as("%d and the rest", split)
                        .isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32-1", "f32-4", "q8_0", "llama"})
    void token_by_token_gives_the_bits_of_whole_chunks_at_every_position(String name) {
        long seed = new Random().nextLong();
        int[] tokens = new Random(seed).ints(600, 0, 288).toArray();
        try (Gguf gguf = Gguf.open(Golden.copy(name + ".gguf", directory));
                CpuBackend backend = new CpuBackend(2)) {
            LanguageModel model = Architectures.load(gguf, backend);
            SequenceState chunked = model.newState(tokens.length);
            SequenceState stepped = model.newState(tokens.length);
            int vocabulary = model.vocabularySize();
            float[] rows = new float[CHUNK * vocabulary];
            float[] row = new float[vocabulary];
            for (int from = 0; from < tokens.length; from += CHUNK) {
                int count = Math.min(CHUNK, tokens.length - from);
                read(model, chunked, tokens, from, count);
                model.logits(0, count, rows);
                for (int i = 0; i < count; i++) {
                    read(model, stepped, tokens, from + i, 1);
                    model.logits(0, 1, row);
                    assertThat(Arrays.copyOfRange(rows, i * vocabulary, (i + 1) * vocabulary))
                            .as("seed %d, position %d", seed, from + i)
                            .isEqualTo(row);
                }
            }
            assertThat(stepped.position()).isEqualTo(tokens.length).isEqualTo(chunked.position());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32-2", "llama"})
    @Tag("long")
    void four_thousand_tokens_deep_the_bits_do_not_depend_on_how_the_text_was_cut(String name) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int[] tokens = random.ints(4096, 0, 288).toArray();
        try (Gguf gguf = Gguf.open(Golden.copy(name + ".gguf", directory));
                CpuBackend backend = new CpuBackend(2)) {
            LanguageModel model = Architectures.load(gguf, backend);
            int[] ones = new int[tokens.length];
            Arrays.fill(ones, 1);
            float[] whole = last(model, tokens, tokens.length);
            assertThat(last(model, tokens, ones)).as("token by token, seed %d", seed).isEqualTo(whole);
            for (int round = 0; round < 5; round++) {
                List<Integer> pieces = new ArrayList<>();
                for (int left = tokens.length; left > 0; left -= pieces.getLast()) {
                    pieces.add(Math.min(left, 1 + random.nextInt(random.nextBoolean() ? 10 : 1000)));
                }
                assertThat(last(model, tokens, pieces.stream().mapToInt(Integer::intValue).toArray()))
                        .as("seed %d, pieces %s", seed, pieces)
                        .isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32-1", "f32-2", "f32-3", "f32-4", "f32-5", "q8_0", "bf16", "f16", "llama"})
    void sequences_that_share_steps_compute_the_bits_that_they_compute_alone(String name) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (Gguf gguf = Gguf.open(Golden.copy(name + ".gguf", directory));
                CpuBackend backend = new CpuBackend(2)) {
            LanguageModel model = Architectures.load(gguf, backend);
            int vocabulary = model.vocabularySize();
            List<int[]> texts = new ArrayList<>();
            List<SequenceState> states = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(20); i++) {
                texts.add(random.ints(40 + random.nextInt(100), 0, vocabulary).toArray());
                states.add(model.newState(texts.getLast().length));
            }
            float[][] together = new float[texts.size()][];
            while (true) {
                List<SequenceStep> parts = new ArrayList<>();
                List<Integer> ending = new ArrayList<>();
                int room = model.largestStep();
                for (int i = 0; i < texts.size(); i++) {
                    int left = texts.get(i).length - states.get(i).position();
                    int count = Math.min(Math.min(left, room), random.nextInt(4) == 0 ? 30 : 1);
                    if (count > 0 && random.nextInt(5) > 0) {
                        parts.add(new SequenceStep(states.get(i), texts.get(i), states.get(i).position(), count, null));
                        ending.add(count == left ? i : -1);
                        room -= count;
                    }
                }
                if (parts.isEmpty()) {
                    if (Arrays.stream(together).noneMatch(row -> row == null)) {
                        break;
                    }
                    continue;
                }
                model.step(parts, new TokenChoice[parts.size()]);
                int row = -1;
                for (int i = 0; i < parts.size(); i++) {
                    row += parts.get(i).count();
                    if (ending.get(i) >= 0) {
                        together[ending.get(i)] = new float[vocabulary];
                        model.logits(row, 1, together[ending.get(i)]);
                    }
                }
            }
            for (int i = 0; i < texts.size(); i++) {
                assertThat(together[i]).as("seed %d, sequence %d", seed, i)
                        .isEqualTo(last(model, texts.get(i), texts.get(i).length));
            }
        }
    }

    private static void read(LanguageModel model, SequenceState state, int[] tokens, int from, int count) {
        model.step(List.of(new SequenceStep(state, tokens, from, count, null)), new TokenChoice[1]);
    }

    /** Logits after the last token when the tokens are read in pieces of these sizes, in chunks where a piece is long. */
    private static float[] last(LanguageModel model, int[] tokens, int... pieces) {
        SequenceState state = model.newState(tokens.length);
        float[] logits = new float[model.vocabularySize()];
        int from = 0;
        for (int piece : pieces) {
            int end = from + piece;
            while (from < end) {
                int count = Math.min(model.largestStep(), end - from);
                read(model, state, tokens, from, count);
                model.logits(count - 1, 1, logits);
                from += count;
            }
        }
        return logits;
    }
}
