package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.state.Boundaries;
import dev.outrider.slm.state.Snapshot;

/** What the engine does with sequences works for architecture {@code llama} as for any other. */
class LlamaEngineTest {

    @TempDir
    Path directory;

    @Test
    void answers_are_the_same_alone_among_others_and_from_what_was_kept() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (SlmEngine engine = SlmEngine.load(Golden.copy("llama.gguf", directory), 2)) {
            int[] preamble = random.ints(120, 0, 1000).toArray();
            List<int[]> prompts = new ArrayList<>();
            List<int[]> alone = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                int[] prompt = Arrays.copyOf(preamble, 120 + 1 + random.nextInt(60));
                for (int t = 120; t < prompt.length; t++) {
                    prompt[t] = random.nextInt(1000);
                }
                prompts.add(prompt);
                alone.add(engine.generate(prompt, options(i, null)).ids());
            }
            List<CompletableFuture<Generation>> together = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                int number = i;
                together.add(CompletableFuture.supplyAsync(
                        () -> engine.generate(prompts.get(number), options(number, new Boundaries(120, 120)))));
            }
            for (int i = 0; i < prompts.size(); i++) {
                assertThat(together.get(i).join().ids()).as("seed %d, answer %d", seed, i).isEqualTo(alone.get(i));
            }
            Generation again = engine.generate(prompts.getFirst(), options(0, new Boundaries(120, 120)));
            assertThat(again.ids()).isEqualTo(alone.getFirst());
            assertThat(again.reusedTokens()).isGreaterThanOrEqualTo(120);
        }
    }

    @Test
    void a_snapshot_goes_through_a_file_to_another_engine() {
        Path file = Golden.copy("llama.gguf", directory);
        int[] prompt = new Random(3).ints(100, 0, 1000).toArray();
        int[] expected;
        try (SlmEngine engine = SlmEngine.load(file, 1);
                Snapshot snapshot = engine.snapshot(Arrays.copyOf(prompt, 80))) {
            engine.save(snapshot, directory.resolve("s"));
            expected = engine.generate(prompt, options(1, null)).ids();
        }
        try (SlmEngine engine = SlmEngine.load(file, 2)) {
            engine.keep(engine.restore(directory.resolve("s")), true);
            Generation generation = engine.generate(prompt, options(1, Boundaries.NONE));
            assertThat(generation.reusedTokens()).isEqualTo(80);
            assertThat(generation.ids()).isEqualTo(expected);
        }
    }

    private static GenerationOptions options(int seed, @Nullable Boundaries reuse) {
        return GenerationOptions.builder().maxTokens(30).temperature(seed % 2 == 0 ? 0 : 1).seed(seed).reuse(reuse).build();
    }
}
