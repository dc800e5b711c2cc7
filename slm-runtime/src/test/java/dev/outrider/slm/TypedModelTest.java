package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

import dev.outrider.slm.gguf.TensorType;

/** A model answers as its stored weights say, whatever type stores them: to the bit as the model of floats with the same weights. */
class TypedModelTest {

    @TempDir
    Path directory;

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    @ParameterizedTest
    @FieldSource("dev.outrider.slm.gguf.RandomBlocks#TYPES")
    void logits_are_those_of_the_floats_that_the_blocks_stand_for(TensorType type) {
        TypedModel model = TypedModel.write(directory, type, seed);
        int[] tokens = random.ints(100, 0, 261).toArray();
        try (SlmEngine typed = SlmEngine.load(model.typed(), 2);
                SlmEngine floats = SlmEngine.load(model.floats(), 2)) {
            float[][] actual = Golden.logits(typed, tokens);
            float[][] expected = Golden.logits(floats, tokens);
            for (int t = 0; t < tokens.length; t++) {
                assertThat(Arrays.mismatch(actual[t], expected[t]))
                        .as("%s, seed %d, first difference at position %d", type, seed, t)
                        .isEqualTo(-1);
                assertThat(spread(actual[t])).as("%s, seed %d, logits at %d say something", type, seed, t).isBetween(0.1, 10.0);
            }
        }
    }

    @ParameterizedTest
    @FieldSource("dev.outrider.slm.gguf.RandomBlocks#TYPES")
    void a_prompt_read_whole_and_token_by_token_gives_the_same_bits(TensorType type) {
        TypedModel model = TypedModel.write(directory, type, seed);
        int[] tokens = random.ints(40, 0, 261).toArray();
        try (SlmEngine engine = SlmEngine.load(model.typed(), 2)) {
            float[][] whole = Golden.logits(engine, tokens);
            for (int t : new int[] {0, 1, 7, tokens.length - 1}) {
                float[][] part = Golden.logits(engine, Arrays.copyOf(tokens, t + 1));
                assertThat(Arrays.mismatch(part[t], whole[t])).as("%s, seed %d, position %d", type, seed, t).isEqualTo(-1);
            }
        }
    }

    private static double spread(float[] logits) {
        double sum = 0;
        double squares = 0;
        for (float logit : logits) {
            sum += logit;
            squares += (double) logit * logit;
        }
        double mean = sum / logits.length;
        return Math.sqrt(squares / logits.length - mean * mean);
    }
}
