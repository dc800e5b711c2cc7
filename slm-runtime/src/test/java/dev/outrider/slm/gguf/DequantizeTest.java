package dev.outrider.slm.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class DequantizeTest {

    /**
     * Lines of {@code type bytes values}: 256 random weights a type, unpacked by numpy as the oracle kit's reference.py and gguf-py 0.19.0 do (both
     * where both know the type, with equal results).
     */
    private static List<String> golden() {
        try (var in = DequantizeTest.class.getResourceAsStream("blocks.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void blocks_of_every_type_unpack_to_the_bits_of_the_reference() {
        for (String line : golden()) {
            String[] parts = line.split(" ");
            MemorySegment data = MemorySegment.ofArray(HexFormat.of().parseHex(parts[1]));
            float[] expected = new float[256];
            ByteBuffer.wrap(HexFormat.of().parseHex(parts[2]))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(expected);
            float[] values = new float[256];
            Dequantize.values(TensorType.valueOf(parts[0]), data, 0, 256, values, 0);
            assertThat(values).as(parts[0]).isEqualTo(expected);
        }
        assertThat(golden()).hasSize(10);
    }

    @Test
    void other_types_and_parts_of_blocks_are_refused() {
        MemorySegment data = MemorySegment.ofArray(new byte[512]);
        float[] out = new float[256];
        assertThatThrownBy(() -> Dequantize.values(TensorType.Q2_K, data, 0, 256, out, 0))
                .hasMessage("256 values of type Q2_K cannot be unpacked");
        assertThatThrownBy(() -> Dequantize.values(TensorType.Q5_0, data, 0, 33, out, 0))
                .hasMessage("33 values of type Q5_0 cannot be unpacked");
    }
}
