package dev.outrider.slm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.Golden;
import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.Gguf;

class SplitTest {

    private static final float TOLERANCE = 1e-4f;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"f32-2", "f32-3", "f32-5", "q8_0", "bf16"})
    void every_split_of_a_prompt_in_two_gives_the_same_logits(String name) {
        int[] tokens = Golden.tokens();
        try (Gguf gguf = Gguf.open(Golden.copy(name + ".gguf", directory));
                CpuBackend backend = new CpuBackend(2)) {
            LanguageModel model = Architectures.load(gguf, backend);
            float[] whole = last(model, tokens, tokens.length);
            for (int split = 1; split < tokens.length; split++) {
                assertThat(last(model, tokens, split, tokens.length - split))
                        .as("%d and the rest", split)
                        .containsExactly(whole, within(TOLERANCE));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f32-1", "f32-4", "q8_0"})
    void token_by_token_gives_the_logits_of_whole_chunks_at_every_position(String name) {
        long seed = new Random().nextLong();
        int[] tokens = new Random(seed).ints(600, 0, 288).toArray();
        try (Gguf gguf = Gguf.open(Golden.copy(name + ".gguf", directory));
                CpuBackend backend = new CpuBackend(2)) {
            LanguageModel model = Architectures.load(gguf, backend);
            SequenceState chunked = model.newState();
            SequenceState stepped = model.newState();
            int vocabulary = model.vocabularySize();
            float[] rows = new float[model.largestChunk() * vocabulary];
            float[] row = new float[vocabulary];
            for (int from = 0; from < tokens.length; from += model.largestChunk()) {
                int count = Math.min(model.largestChunk(), tokens.length - from);
                model.read(chunked, tokens, from, count);
                model.logits(0, count, rows);
                for (int i = 0; i < count; i++) {
                    model.read(stepped, tokens, from + i, 1);
                    model.logits(0, 1, row);
                    assertThat(Arrays.copyOfRange(rows, i * vocabulary, (i + 1) * vocabulary))
                            .as("seed %d, position %d", seed, from + i)
                            .containsExactly(row, within(TOLERANCE));
                }
            }
            assertThat(stepped.position()).isEqualTo(tokens.length).isEqualTo(chunked.position());
        }
    }

    /** Logits after the last token when the tokens are read in pieces of these sizes. */
    private static float[] last(LanguageModel model, int[] tokens, int... pieces) {
        SequenceState state = model.newState();
        float[] logits = new float[model.vocabularySize()];
        int from = 0;
        for (int piece : pieces) {
            model.read(state, tokens, from, piece);
            model.logits(piece - 1, 1, logits);
            from += piece;
        }
        return logits;
    }
}
