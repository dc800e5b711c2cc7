package dev.outrider.slm.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.outrider.slm.Golden;

class GgufTest {

    @TempDir
    Path directory;

    private Path write(byte[] content) {
        try {
            return Files.write(directory.resolve("model.gguf"), content);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private ThrowableAssertAlternative<GgufException> refusal(byte[] content) {
        Path file = write(content);
        return assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> Gguf.open(file).close())
                .withMessageStartingWith(file + ": ");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void every_type_of_value_is_read(int version) {
        byte[] content = GgufBuilder.header(version, 1, 17)
                .key("u8", ValueType.UINT8).u8(200)
                .key("i8", ValueType.INT8).u8(200)
                .key("u16", ValueType.UINT16).u16(40_000)
                .key("i16", ValueType.INT16).u16(40_000)
                .key("u32", ValueType.UINT32).u32(-1)
                .key("i32", ValueType.INT32).u32(-1)
                .key("f32", ValueType.FLOAT32).f32(1.5f)
                .key("yes", ValueType.BOOL).u8(1)
                .key("text", ValueType.STRING).string("grüße")
                .key("u64", ValueType.UINT64).u64(1L << 40)
                .key("i64", ValueType.INT64).u64(-5)
                .key("f64", ValueType.FLOAT64).f64(0.1)
                .key("texts", ValueType.ARRAY).array(ValueType.STRING, 2).string("a").string("")
                .key("ints", ValueType.ARRAY).array(ValueType.INT16, 3).u16(1).u16(-2).u16(3)
                .key("reals", ValueType.ARRAY).array(ValueType.FLOAT64, 1).f64(0.25)
                .key("nested", ValueType.ARRAY).array(ValueType.ARRAY, 1).array(ValueType.UINT8, 2).u8(1).u8(2)
                .key("general.alignment", ValueType.UINT32).u32(64)
                .tensor("w", 0, 0, 2, 3)
                .align(64)
                .f32(1).f32(2).f32(3).f32(4).f32(5).f32(6)
                .build();
        try (Gguf gguf = Gguf.open(write(content))) {
            GgufMetadata metadata = gguf.metadata();
            assertThat(metadata.integer("u8")).isEqualTo(200);
            assertThat(metadata.integer("i8")).isEqualTo(-56);
            assertThat(metadata.integer("u16")).isEqualTo(40_000);
            assertThat(metadata.integer("i16")).isEqualTo(-25_536);
            assertThat(metadata.integer("u32")).isEqualTo(4_294_967_295L);
            assertThat(metadata.integer("i32")).isEqualTo(-1);
            assertThat(metadata.real("f32")).isEqualTo(1.5);
            assertThat(metadata.bool("yes")).isTrue();
            assertThat(metadata.bool("absent", true)).isTrue();
            assertThat(metadata.string("text")).isEqualTo("grüße");
            assertThat(metadata.integer("u64")).isEqualTo(1L << 40);
            assertThat(metadata.integer("i64")).isEqualTo(-5);
            assertThat(metadata.real("f64")).isEqualTo(0.1);
            assertThat(metadata.strings("texts")).containsExactly("a", "");
            assertThat(metadata.integers("ints")).containsExactly(1, -2, 3);
            assertThat(metadata.floats("reals")).containsExactly(0.25f);
            assertThat(metadata.isArray("nested")).isTrue();
            assertThat(metadata.findInteger("absent")).isEmpty();
            assertThat(metadata.keys()).hasSize(17).startsWith("u8", "i8");
            GgufTensor tensor = gguf.tensor("w");
            assertThat(tensor.dimensions()).isEqualTo(List.of(2L, 3L));
            assertThat(tensor.type()).isEqualTo(TensorType.F32);
            assertThat(tensor.size()).isEqualTo(6);
            assertThat(tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED)).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @Test
    void a_getter_names_the_file_the_key_and_what_is_there() {
        GgufMetadata metadata = GgufMetadata.of("some.gguf", Map.of("a", "text", "n", 7, "f", new float[] {1}));
        assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> metadata.integer("a"))
                .withMessage("some.gguf: key 'a': must be an integer but is a string");
        assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> metadata.string("b"))
                .withMessage("some.gguf: key 'b': is missing");
        assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> metadata.integer("n", 1, 6))
                .withMessage("some.gguf: key 'n': must be in [1, 6] but is 7");
        assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> metadata.integers("f"))
                .withMessageContaining("an array of floating-point numbers");
    }

    @Test
    void what_is_no_readable_file_is_refused() throws IOException {
        assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> Gguf.open(directory.resolve("none.gguf")).close())
                .withMessageEndingWith("none.gguf: does not exist");
        assertThatExceptionOfType(GgufException.class)
                .isThrownBy(() -> Gguf.open(directory).close())
                .withMessageContaining("is a directory");
        refusal(new byte[0]).withMessageContaining("is no GGUF file");
        refusal("PK\3\4 something else entirely".getBytes(StandardCharsets.US_ASCII))
                .withMessageContaining("is no GGUF file");
    }

    @Test
    void other_versions_and_byte_orders_are_named() {
        refusal(GgufBuilder.header(1, 0, 0).build()).withMessageContaining("GGUF version 1 is not supported");
        refusal(GgufBuilder.header(4, 0, 0).build()).withMessageContaining("GGUF version 4 is not supported");
        refusal(GgufBuilder.header(0x03000000, 0, 0).build()).withMessageContaining("big-endian");
    }

    @Test
    void counts_and_lengths_beyond_the_file_are_refused() {
        refusal(GgufBuilder.header(3, Long.MAX_VALUE, 0).build())
                .withMessageContaining("a count of 9223372036854775807 tensors");
        refusal(GgufBuilder.header(3, 0, -1).build()).withMessageContaining("18446744073709551615 metadata keys");
        refusal(GgufBuilder.header(3, 0, 1).u64(1L << 50).bytes("some padding").build())
                .withMessageContaining("metadata key 0 of 1");
        refusal(GgufBuilder.header(3, 0, 1).key("k", ValueType.STRING).u64(1 << 30).u64(0).build())
                .withMessageContaining("key 'k': has a string of 1073741824 bytes");
        refusal(GgufBuilder.header(3, 0, 1).key("k", ValueType.ARRAY).array(ValueType.UINT8, 1L << 40).build())
                .withMessageContaining("key 'k': has a count of 1099511627776 values");
    }

    @Test
    void values_that_cannot_be_are_refused() {
        refusal(GgufBuilder.header(3, 0, 1).string("k").u32(13).u64(0).build())
                .withMessageContaining("key 'k': has an unknown value type 13");
        refusal(GgufBuilder.header(3, 0, 1).key("k", ValueType.BOOL).u8(2).build()).withMessageContaining("neither 0 nor 1");
        refusal(GgufBuilder.header(3, 0, 1).key("k", ValueType.STRING).u64(2).u8(0xc3).u8(0x28).build())
                .withMessageContaining("key 'k': has a string that is not UTF-8");
        refusal(GgufBuilder.header(3, 0, 1).key("general.alignment", ValueType.UINT32).u32(48).build())
                .withMessageContaining("must be a power of two but is 48");
        refusal(GgufBuilder.header(3, 0, 2)
                        .key("k", ValueType.UINT8).u8(1)
                        .key("k", ValueType.UINT8).u8(1)
                        .build())
                .withMessageContaining("key 'k': is there twice");
        GgufBuilder deep = GgufBuilder.header(3, 0, 1).key("k", ValueType.ARRAY);
        for (int i = 0; i < 10; i++) {
            deep.array(ValueType.ARRAY, 1);
        }
        refusal(deep.array(ValueType.UINT8, 0).build()).withMessageContaining("nested more than");
    }

    @Test
    void tensors_that_cannot_be_are_refused() {
        refusal(GgufBuilder.header(3, 1, 0).tensor("w", 0, 0).u64(0).build()).withMessageContaining("tensor 'w': has 0 dimensions");
        refusal(GgufBuilder.header(3, 1, 0).tensor("w", 0, 0, 4, 0).build())
                .withMessageContaining("impossible size in dimension 1");
        refusal(GgufBuilder.header(3, 1, 0).tensor("w", 0, 0, 1L << 40, 1L << 40).build())
                .withMessageContaining("impossible size in dimension 1");
        refusal(GgufBuilder.header(3, 1, 0).tensor("w", 99, 0, 4).build()).withMessageContaining("unknown type 99");
        refusal(GgufBuilder.header(3, 1, 0).tensor("w", 8, 0, 33).build()).withMessageContaining("no multiple of the 32");
        refusal(GgufBuilder.header(3, 1, 0).tensor("w", 0, 0, 1 << 20).build())
                .withMessageContaining("needs more bytes than the file has");
        refusal(GgufBuilder.header(3, 1, 0).tensor("w", 0, 7, 1).build()).withMessageContaining("no multiple of the alignment");
        refusal(GgufBuilder.header(3, 1, 0).tensor("w", 0, 32, 1).align(32).u32(0).build())
                .withMessageContaining("tensor 'w': lies outside the file");
        refusal(GgufBuilder.header(3, 2, 0)
                        .tensor("w", 0, 0, 1)
                        .tensor("w", 0, 0, 1)
                        .align(32)
                        .u32(0)
                        .build())
                .withMessageContaining("tensor 'w': is there twice");
    }

    @Test
    void a_file_cut_short_anywhere_is_refused() {
        byte[] whole = Golden.bytes("q8_0.gguf");
        for (int length = 0; length < whole.length - 32; length += 1 + length / 50) {
            refusal(Arrays.copyOf(whole, length));
        }
    }
}
