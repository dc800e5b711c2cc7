package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenLogitsTest {

    private static final float TOLERANCE = 1e-4f;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"f32-1", "f32-2", "f32-3", "f32-4", "f32-5", "q8_0", "f16", "bf16"})
    void logits_are_those_of_the_float64_reference(String name) {
        int[] tokens = Golden.tokens();
        float[][] expected = Golden.logits(name, tokens.length);
        try (SlmEngine engine = SlmEngine.load(Golden.copy(name + ".gguf", directory), 2)) {
            float[][] actual = Golden.logits(engine, tokens);
            for (int t = 0; t < tokens.length; t++) {
                assertThat(actual[t]).as("position %d", t).containsExactly(expected[t], within(TOLERANCE));
                assertThat(Golden.argmax(actual[t])).as("argmax at %d", t).isEqualTo(Golden.argmax(expected[t]));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"f32-2,1", "f32-2,3", "q8_0,1", "q8_0,3"})
    void the_number_of_threads_changes_nothing(String name, int threads) {
        int[] tokens = Golden.tokens();
        Path file = Golden.copy(name + ".gguf", directory);
        try (SlmEngine two = SlmEngine.load(file, 2);
                SlmEngine other = SlmEngine.load(file, threads)) {
            float[][] expected = Golden.logits(two, tokens);
            float[][] actual = Golden.logits(other, tokens);
            for (int t = 0; t < tokens.length; t++) {
                assertThat(Arrays.mismatch(actual[t], expected[t])).as("first difference at position %d", t).isEqualTo(-1);
            }
        }
    }
}
