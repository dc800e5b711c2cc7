package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.gguf.TensorType;

/** Makes new models with the oracle kit, which lies beside a development checkout, and compares with its reference. */
class OracleKitTest {

    private static final Path KIT = Path.of(System.getProperty("outrider.root", "."), "..", "shared", "oracle");

    /** Of logits whose standard deviation is about 1. */
    private static final float TOLERANCE = 1e-4f;

    @TempDir
    static Path directory;

    @BeforeAll
    static void needsTheKit() throws Exception {
        assumeTrue(Files.exists(KIT.resolve("make_gguf.py")), "no oracle kit at " + KIT.normalize());
        assumeTrue(python("-c", "import numpy") == 0, "the oracle kit needs python3 with numpy");
    }

    private static int python(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("python3"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("python.log").toFile())
                    .start();
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
            return process.exitValue();
        } catch (IOException e) {
            return -1;
        }
    }

    @Test
    void new_models_of_five_seeds_agree_with_the_reference_over_several_chunks() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 5; i++) {
            String modelSeed = String.valueOf(random.nextInt(1_000_000));
            compare("seed " + seed + ", model " + modelSeed, random, 150, "--preset", "micro", "--seed", modelSeed);
        }
    }

    /** Activations are 32-bit floats here and float64 there: no tolerance for rounded activations, which would hide real errors. */
    @ParameterizedTest
    @ValueSource(strings = {"f16", "bf16", "q8_0", "q5_0", "q4_0", "q4_k", "q6_k"})
    void a_model_of_each_type_that_the_kit_writes_agrees_with_the_reference(String type) throws Exception {
        long seed = new Random().nextInt(1_000_000);
        // rows of 256: with those of the smallest preset the kit falls back to types with smaller blocks
        compare(type + ", seed " + seed, new Random(seed), 40, "--preset", "tiny", "--type", type, "--seed", String.valueOf(seed));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Q5_1", "Q4_1", "Q5_K"})
    void a_model_of_the_other_types_agrees_with_the_reference_on_its_floats(TensorType type) throws Exception {
        long seed = new Random().nextLong();
        TypedModel model = TypedModel.write(directory, type, seed);
        compare(type + ", seed " + seed, new Random(seed), 40, model.typed(), model.floats());
    }

    private static void compare(String what, Random random, int positions, String... options) throws Exception {
        Path model = directory.resolve("kit.gguf");
        List<String> make = new ArrayList<>(List.of(KIT.resolve("make_gguf.py").toString(), model.toString()));
        make.addAll(List.of(options));
        assertThat(python(make.toArray(String[]::new))).isZero();
        compare(what, random, positions, model, model);
    }

    private static void compare(String what, Random random, int positions, Path model, Path forReference) throws Exception {
        Path tokensFile = directory.resolve("tokens.txt");
        Path reference = directory.resolve("reference.f32");
        int[] tokens = random.ints(positions, 0, 261).toArray();
        Files.writeString(
                tokensFile,
                Arrays.stream(tokens).mapToObj(String::valueOf).collect(Collectors.joining(" ")),
                StandardCharsets.US_ASCII);
        assertThat(python(
                        KIT.resolve("reference.py").toString(),
                        forReference.toString(),
                        tokensFile.toString(),
                        "--out",
                        reference.toString()))
                .isZero();
        float[][] expected = Golden.rows(Files.readAllBytes(reference), tokens.length);
        try (SlmEngine engine = SlmEngine.load(model, 2)) {
            float[][] actual = Golden.logits(engine, tokens);
            for (int t = 0; t < tokens.length; t++) {
                assertThat(actual[t]).as("%s, position %d", what, t).containsExactly(expected[t], within(TOLERANCE));
                assertThat(Golden.argmax(actual[t])).as("%s, argmax at %d", what, t).isEqualTo(Golden.argmax(expected[t]));
            }
        }
        // the file was mapped: the next model gets a file of its own
        Files.delete(model);
    }
}
