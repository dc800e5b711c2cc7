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

/** Makes new models with the oracle kit, which lies beside a development checkout, and compares with its reference. */
class OracleKitTest {

    private static final Path KIT = Path.of(System.getProperty("outrider.root", "."), "..", "shared", "oracle");

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
            compare("seed " + seed + ", model " + modelSeed, random, 1e-4f, "--preset", "micro", "--seed", modelSeed);
        }
    }

    @Test
    void a_quantised_model_agrees_with_the_reference_whose_activations_are_exact() throws Exception {
        compare("q8_0", new Random(1), 1e-4f, "--preset", "micro", "--type", "q8_0", "--seed", "11");
    }

    private static void compare(String what, Random random, float tolerance, String... options) throws Exception {
        Path model = directory.resolve("kit.gguf");
        Path tokensFile = directory.resolve("tokens.txt");
        Path reference = directory.resolve("reference.f32");
        int[] tokens = random.ints(150, 0, 261).toArray();
        Files.writeString(
                tokensFile,
                Arrays.stream(tokens).mapToObj(String::valueOf).collect(Collectors.joining(" ")),
                StandardCharsets.US_ASCII);
        List<String> make = new ArrayList<>(List.of(KIT.resolve("make_gguf.py").toString(), model.toString()));
        make.addAll(List.of(options));
        assertThat(python(make.toArray(String[]::new))).isZero();
        assertThat(python(
                        KIT.resolve("reference.py").toString(),
                        model.toString(),
                        tokensFile.toString(),
                        "--out",
                        reference.toString()))
                .isZero();
        float[][] expected = Golden.rows(Files.readAllBytes(reference), tokens.length);
        try (SlmEngine engine = SlmEngine.load(model, 2)) {
            float[][] actual = Golden.logits(engine, tokens);
            for (int t = 0; t < tokens.length; t++) {
                assertThat(actual[t]).as("%s, position %d", what, t).containsExactly(expected[t], within(tolerance));
                assertThat(Golden.argmax(actual[t])).as("%s, argmax at %d", what, t).isEqualTo(Golden.argmax(expected[t]));
            }
        }
        // the file was mapped: the next model gets a file of its own
        Files.delete(model);
    }
}
