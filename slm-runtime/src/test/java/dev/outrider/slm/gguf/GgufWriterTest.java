package dev.outrider.slm.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.Golden;
import dev.outrider.slm.SlmEngine;

/** What is written is read again, whole and in shards, and a model written again is the same model. */
class GgufWriterTest {

    @TempDir
    Path directory;

    @Test
    void aModelWrittenAgainIsTheSameModel() {
        Path original = Golden.copy("q8_0.gguf", directory);
        Path copy = directory.resolve("copy.gguf");
        try (Gguf gguf = Gguf.open(original)) {
            GgufWriter.write(copy, gguf.metadata().asMap(), tensors(gguf));
            assertSame(gguf, copy);
        }
    }

    @Test
    void aModelInShardsIsTheSameModelAndAnswersTheSame() {
        Path original = Golden.copy("f32-1.gguf", directory);
        List<Path> shards;
        try (Gguf gguf = Gguf.open(original)) {
            int perShard = (gguf.tensors().size() + 2) / 3;
            shards = GgufWriter.writeShards(directory.resolve("model"), gguf.metadata().asMap(), tensors(gguf), perShard);
            assertThat(shards).extracting(p -> p.getFileName().toString())
                    .containsExactly("model-00001-of-00003.gguf", "model-00002-of-00003.gguf", "model-00003-of-00003.gguf");
            assertSame(gguf, shards.getFirst());
        }
        assertThat(logits(shards.getFirst())).isDeepEqualTo(logits(original));
    }

    @Test
    void shardsThatDoNotBelongTogetherAreRefused() throws IOException {
        try (Gguf gguf = Gguf.open(Golden.copy("f32-1.gguf", directory))) {
            int half = (gguf.tensors().size() + 1) / 2;
            List<Path> shards = GgufWriter.writeShards(directory.resolve("model"), gguf.metadata().asMap(), tensors(gguf), half);
            refusal(shards.get(1), "key 'split.no': says that this is file 2 of 2; open the first one, model-00001-of-00002.gguf");
            Path renamed = Files.copy(shards.getFirst(), directory.resolve("renamed.gguf"));
            refusal(renamed, "give it its name back");
            byte[] second = Files.readAllBytes(shards.get(1));
            Files.copy(shards.getFirst(), directory.resolve("twice-00001-of-00002.gguf"));
            Files.copy(shards.getFirst(), directory.resolve("twice-00002-of-00002.gguf"));
            refusal(directory.resolve("twice-00001-of-00002.gguf"), "is in an earlier file of this model too");
            Files.delete(shards.get(1));
            refusal(shards.getFirst(), "model-00002-of-00002.gguf: does not exist");
            Files.write(shards.get(1), java.util.Arrays.copyOf(second, second.length / 2));
            refusal(shards.getFirst(), "truncated");
        }
    }

    @Test
    void missingTensorsAreNoticed() {
        GgufWriter.Tensor one = GgufWriter.Tensor.f32("one", List.of(2L), new float[] {1, 2});
        GgufWriter.write(directory.resolve("m-00001-of-00002.gguf"), Map.of("split.no", 0, "split.count", 2, "split.tensors.count", 5), List.of(one));
        GgufWriter.write(directory.resolve("m-00002-of-00002.gguf"), Map.of("split.no", 1, "split.count", 2), List.of());
        refusal(directory.resolve("m-00001-of-00002.gguf"), "says 5 tensors, but the files hold 1");
    }

    @Test
    void aFileThatCannotBeFinishedLeavesNothingBehind() throws IOException {
        Path file = directory.resolve("half.gguf");
        GgufWriter.Tensor fails = new GgufWriter.Tensor("t", TensorType.F32, List.of(4L), out -> {
            out.write(new byte[8]);
            throw new IOException("the disk is full");
        });
        assertThatThrownBy(() -> GgufWriter.write(file, Map.of("general.architecture", "x"), List.of(fails)))
                .isInstanceOf(GgufException.class).hasMessageContaining("half.gguf: cannot be written: the disk is full");
        GgufWriter.Tensor small = new GgufWriter.Tensor("t", TensorType.F32, List.of(4L), out -> out.write(new byte[8]));
        assertThatThrownBy(() -> GgufWriter.write(file, Map.of("general.architecture", "x"), List.of(small)))
                .isInstanceOf(GgufException.class).hasMessageContaining("brought 8 bytes and must have 16");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aTensorThatCannotBeIsRefusedBeforeAnythingIsWritten() {
        assertThatThrownBy(() -> new GgufWriter.Tensor("t", TensorType.Q8_0, List.of(33L), out -> {}))
                .hasMessageContaining("no multiple of the 32 values of a Q8_0 block");
        assertThatThrownBy(() -> new GgufWriter.Tensor("t", TensorType.F32, List.of(), out -> {})).hasMessageContaining("1 to 4 dimensions");
    }

    private static List<GgufWriter.Tensor> tensors(Gguf gguf) {
        return gguf.tensors().values().stream().map(GgufWriter.Tensor::of).toList();
    }

    private static void assertSame(Gguf expected, Path file) {
        try (Gguf actual = Gguf.open(file)) {
            assertThat(actual.metadata().keys()).containsAll(expected.metadata().keys());
            Map<String, Object> values = actual.metadata().asMap();
            expected.metadata().asMap().forEach((key, value) -> assertThat(values.get(key)).as(key).isEqualTo(value));
            assertThat(actual.tensors().keySet()).containsExactlyElementsOf(expected.tensors().keySet());
            for (GgufTensor tensor : expected.tensors().values()) {
                GgufTensor copy = actual.tensor(tensor.name());
                assertThat(copy.type()).isEqualTo(tensor.type());
                assertThat(copy.dimensions()).isEqualTo(tensor.dimensions());
                assertThat(copy.data().toArray(ValueLayout.JAVA_BYTE)).as(tensor.name()).isEqualTo(tensor.data().toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    private static float[][] logits(Path model) {
        List<float[]> rows = new ArrayList<>();
        try (SlmEngine engine = SlmEngine.load(model, 1)) {
            engine.logits(Golden.tokens(), (position, row) -> rows.add(row.clone()));
        }
        return rows.toArray(float[][]::new);
    }

    private static void refusal(Path file, String message) {
        assertThatExceptionOfType(GgufException.class).isThrownBy(() -> Gguf.open(file).close()).withMessageContaining(message)
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())).doesNotContain("\n"));
    }
}
