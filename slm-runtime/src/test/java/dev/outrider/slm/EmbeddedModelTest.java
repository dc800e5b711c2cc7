package dev.outrider.slm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedModelTest {

    private static final byte[] CONTENT = "a model".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    @Test
    void the_first_call_writes_the_file_and_later_ones_use_it() throws IOException {
        Path cache = directory.resolve("new").resolve("cache");
        Path file = EmbeddedModel.file(CONTENT, List.of(cache));
        assertThat(file).hasBinaryContent(CONTENT);
        FileTime written = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(file, written);
        assertThat(EmbeddedModel.file(CONTENT, List.of(cache))).isEqualTo(file);
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(written);
        try (Stream<Path> files = Files.list(cache)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void a_damaged_file_is_replaced() throws IOException {
        Path file = EmbeddedModel.file(CONTENT, List.of(directory));
        Files.write(file, "a m0del".getBytes(StandardCharsets.UTF_8));
        assertThat(EmbeddedModel.file(CONTENT, List.of(directory))).hasBinaryContent(CONTENT);
        Files.write(file, new byte[0]);
        assertThat(EmbeddedModel.file(CONTENT, List.of(directory))).hasBinaryContent(CONTENT);
    }

    @Test
    void another_model_gets_another_file() {
        byte[] other = "b model".getBytes(StandardCharsets.UTF_8);
        assertThat(EmbeddedModel.file(other, List.of(directory)))
                .isNotEqualTo(EmbeddedModel.file(CONTENT, List.of(directory)));
    }

    @Test
    void where_the_first_directory_cannot_be_written_the_next_one_is_used() throws IOException {
        Path blocked = Files.createFile(directory.resolve("a-file")).resolve("cache");
        assertThat(EmbeddedModel.file(CONTENT, List.of(blocked, directory))).hasParent(directory);
        assertThatExceptionOfType(SlmException.class)
                .isThrownBy(() -> EmbeddedModel.file(CONTENT, List.of(blocked)))
                .withMessageContaining(blocked.toString())
                .withMessageContaining("XDG_CACHE_HOME");
    }

    @Test
    void the_cache_directory_follows_the_environment() {
        assertThat(EmbeddedModel.directories(Map.of("XDG_CACHE_HOME", directory.toString())))
                .first()
                .isEqualTo(directory.resolve("outrider"));
        assertThat(EmbeddedModel.directories(Map.of("XDG_CACHE_HOME", "relative")))
                .first()
                .isEqualTo(Path.of(System.getProperty("user.home"), ".cache", "outrider"));
        assertThat(EmbeddedModel.directories(Map.of())).hasSize(2);
    }
}
