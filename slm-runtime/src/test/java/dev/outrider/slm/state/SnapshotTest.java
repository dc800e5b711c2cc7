package dev.outrider.slm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.Golden;
import dev.outrider.slm.cpu.CpuBackend;
import dev.outrider.slm.gguf.Gguf;
import dev.outrider.slm.model.Architectures;
import dev.outrider.slm.model.LanguageModel;
import dev.outrider.slm.model.SequenceState;
import dev.outrider.slm.model.SequenceStep;
import dev.outrider.slm.model.TokenChoice;

class SnapshotTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"f32-1", "f32-2", "f32-3", "f32-4", "f32-5", "q8_0", "bf16", "f16", "llama"})
    void a_restored_sequence_goes_on_with_the_same_bits_in_memory_and_through_a_file(String name) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Path file = Golden.copy(name + ".gguf", directory);
        try (Gguf gguf = Gguf.open(file);
                CpuBackend backend = new CpuBackend(2)) {
            LanguageModel model = Architectures.load(gguf, backend);
            for (int round = 0; round < 10; round++) {
                int[] text = random.ints(400, 0, model.vocabularySize()).toArray();
                int cut = random.nextInt(390);
                SequenceState whole = model.newState(text.length);
                read(model, whole, text, cut);
                String where = "seed " + seed + ", round " + round + ", cut at " + cut;
                try (Snapshot snapshot = Snapshot.of(model, whole, text)) {
                    float[] expected = read(model, whole, text, text.length);
                    assertThat(snapshot.position()).isEqualTo(cut);
                    assertThat(snapshot.tokens()).isEqualTo(Arrays.copyOf(text, cut));
                    assertThat(read(model, snapshot.fork(model, 400), text, text.length)).as(where).isEqualTo(expected);
                    assertThat(read(model, snapshot.fork(model, 400), text, text.length)).as(where).isEqualTo(expected);
                    Path saved = directory.resolve("snapshot");
                    SnapshotFile.write(snapshot, gguf.fingerprint(), saved);
                    try (Snapshot restored = SnapshotFile.read(saved, gguf.fingerprint(), model)) {
                        assertThat(restored.tokens()).isEqualTo(snapshot.tokens());
                        assertThat(read(model, restored.fork(model, 400), text, text.length)).as(where).isEqualTo(expected);
                    }
                }
            }
        }
    }

    @Test
    void a_snapshot_stays_open_until_its_last_user_has_closed_it() {
        try (Gguf gguf = Gguf.open(Golden.copy("f32-2.gguf", directory));
                CpuBackend backend = new CpuBackend(1)) {
            LanguageModel model = Architectures.load(gguf, backend);
            Snapshot snapshot = Snapshot.of(model, model.newState(10), new int[0]);
            Snapshot other = snapshot.retain();
            snapshot.close();
            assertThat(other.fork(model, 10).position()).isZero();
            other.close();
            other.close();
            assertThatIllegalStateException().isThrownBy(snapshot::retain).withMessageContaining("closed");
            assertThatIllegalStateException().isThrownBy(() -> snapshot.fork(model, 10));
        }
    }

    @Test
    void a_snapshot_of_another_model_is_refused() {
        try (Gguf gguf = Gguf.open(Golden.copy("f32-2.gguf", directory));
                CpuBackend backend = new CpuBackend(1)) {
            LanguageModel one = Architectures.load(gguf, backend);
            LanguageModel two = Architectures.load(gguf, backend);
            try (Snapshot snapshot = Snapshot.of(one, one.newState(10), new int[0])) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> snapshot.fork(two, 10))
                        .withMessageContaining("only with the engine");
            }
        }
    }

    /** Reads on until {@code end}; returns the logits there. */
    static float[] read(LanguageModel model, SequenceState state, int[] text, int end) {
        float[] logits = new float[model.vocabularySize()];
        while (state.position() < end) {
            int from = state.position();
            int count = Math.min(50, end - from);
            model.step(List.of(new SequenceStep(state, text, from, count, null)), new TokenChoice[1]);
            model.logits(count - 1, 1, logits);
        }
        return logits;
    }
}
